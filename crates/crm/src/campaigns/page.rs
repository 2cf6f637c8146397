//! The page behind a link: our own, without scripts, pictures or anything from elsewhere.

use axum::http::header;
use axum::response::{Html, IntoResponse};

use crate::xml::escaped;

/// A page of our own: no script, no picture, nothing from elsewhere. `form` is markup, the rest text.
pub(super) fn page(title: &str, text: &str, form: &str) -> impl IntoResponse + use<> {
    let paragraphs: String = text
        .split('\n')
        .filter(|p| !p.trim().is_empty())
        .map(|p| format!("<p>{}</p>", escaped(p)))
        .collect();
    let title = escaped(title);
    let style = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f6f5f2;color:#1b1a18}main{max-width:36rem;\
                 margin:10vh auto;padding:24px;background:#fff;border-radius:10px}h1{font-size:22px}button{font:inherit;\
                 min-height:44px;padding:0 20px;border-radius:6px;border:1px solid #1f5aa8;background:#1f5aa8;color:#fff}\
                 button.plain{background:none;color:#1f5aa8;border-color:transparent;padding:0}form{margin-top:16px}\
                 @media(prefers-color-scheme:dark){body{background:#13161a;color:#eceef0}main{background:#1a1e23}\
                 button{background:#8ab8f2;color:#0d1b2e}button.plain{color:#8ab8f2}}";
    let html = format!(
        "<!doctype html><html lang=\"\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{style}</style></head>\
         <body><main><h1>{title}</h1>{paragraphs}{form}</main></body></html>"
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ];
    (headers, Html(html))
}
