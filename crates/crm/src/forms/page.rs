//! The page of a form: plain HTML, no script, everything in it escaped.

use std::collections::BTreeMap;

use records::{Field, Record, RecordType};

use super::Asked;
use crate::plans::{Language, escaped};

/// The field that people do not see.
pub(super) const TRAP: &str = "fax_number_2";
/// The page's own number and signature.
pub(super) const PAGE: &str = "page";
/// The box of the consent.
pub(super) const CONSENT: &str = "consent";

/// What a page says in its language.
pub(super) struct Words {
    pub send: &'static str,
    pub needed: &'static str,
    pub thanks: &'static str,
    pub no_form: &'static str,
    pub too_often: &'static str,
    pub old_page: &'static str,
    pub too_fast: &'static str,
    pub no_consent: &'static str,
    pub trap: &'static str,
    pub wrong: &'static str,
}

pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &Words {
            send: "Send",
            needed: "needed",
            thanks: "Thank you. We will be in touch.",
            no_form: "There is no form here.",
            too_often: "This form was sent very often just now. Please try again in ten minutes.",
            old_page: "This page had lain open for too long. Please send it once more.",
            too_fast: "That was very fast. Please look it through and send it once more.",
            no_consent: "Please agree, or we may not keep this.",
            trap: "Leave this empty",
            wrong: "Some of it cannot be taken:",
        },
        Language::German => &Words {
            send: "Senden",
            needed: "nötig",
            thanks: "Vielen Dank. Wir melden uns.",
            no_form: "Hier ist kein Formular.",
            too_often: "Dieses Formular wurde gerade sehr oft gesendet. Bitte in zehn Minuten noch einmal versuchen.",
            old_page: "Die Seite war zu lange offen. Bitte noch einmal senden.",
            too_fast: "Das ging sehr schnell. Bitte noch einmal durchsehen und senden.",
            no_consent: "Bitte einwilligen, sonst dürfen wir das nicht behalten.",
            trap: "Bitte leer lassen",
            wrong: "Einiges kann so nicht angenommen werden:",
        },
    }
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;padding:1rem;max-width:34rem;color:#1b1b1b;background:#fff}\
label{display:block;margin:.8rem 0 .2rem;font-weight:600}input,textarea,select{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #767676;border-radius:4px;background:#fff;color:inherit}\
textarea{min-height:8rem}.box{display:flex;gap:.6rem;align-items:flex-start;font-weight:400}.box input{width:auto;margin-top:.35rem}\
button{font:inherit;font-weight:600;margin-top:1.2rem;padding:.6rem 1.4rem;border:0;border-radius:4px;background:#0b5d4b;color:#fff;cursor:pointer}\
.hint{font-weight:400;color:#595959}.faults{border-left:4px solid #b3261e;padding:.2rem .8rem;margin:1rem 0}\
.away{position:absolute;left:-10000px;width:1px;height:1px;overflow:hidden}h1{font-size:1.4rem;margin:.2rem 0}\
@media(prefers-color-scheme:dark){body{background:#16191a;color:#ececec}input,textarea,select{background:#202526;border-color:#8a8a8a}.hint{color:#b5b5b5}button{background:#3fb598;color:#0b1512}}";

/// A whole page around its content.
pub(super) fn around(language: Language, title: &str, content: &str) -> String {
    let code = if language == Language::German { "de" } else { "en" };
    format!(
        "<!doctype html><html lang=\"{code}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{}</title><style>{STYLE}</style></head><body>{content}</body></html>",
        escaped(title)
    )
}

/// A page that only says something.
pub(super) fn message(language: Language, title: &str, text: &str) -> String {
    let paragraphs: String = text
        .split('\n')
        .filter(|l| !l.trim().is_empty())
        .map(|l| format!("<p>{}</p>", escaped(l)))
        .collect();
    around(
        language,
        title,
        &format!("<main role=\"status\">{paragraphs}</main>"),
    )
}

/// The form, with what was entered before and what was wrong with it.
pub(super) struct FormPage<'a> {
    pub form: &'a Record,
    pub record_type: &'a RecordType,
    pub asked: &'a [Asked],
    pub language: Language,
    /// Goes back with the form.
    pub page: &'a str,
    pub given: &'a BTreeMap<String, String>,
    pub faults: &'a [String],
}

impl FormPage<'_> {
    pub fn html(&self) -> String {
        let text = |name: &str| self.form.text(name).unwrap_or_default();
        let words = words(self.language);
        let title = if text("title").is_empty() {
            text("name")
        } else {
            text("title")
        };
        let mut out = format!("<main><h1>{}</h1>", escaped(title));
        for line in text("intro").lines().filter(|l| !l.trim().is_empty()) {
            out.push_str(&format!("<p>{}</p>", escaped(line)));
        }
        if !self.faults.is_empty() {
            let items: String = self
                .faults
                .iter()
                .map(|f| format!("<li>{}</li>", escaped(f)))
                .collect();
            out.push_str(&format!(
                "<div class=\"faults\" role=\"alert\"><p>{}</p><ul>{items}</ul></div>",
                words.wrong
            ));
        }
        out.push_str("<form method=\"post\" accept-charset=\"utf-8\">");
        for field in self.asked {
            out.push_str(&self.field(field));
        }
        out.push_str(&format!(
            "<div class=\"away\" aria-hidden=\"true\"><label for=\"{TRAP}\">{}</label><input id=\"{TRAP}\" name=\"{TRAP}\" tabindex=\"-1\" autocomplete=\"off\"></div>",
            words.trap
        ));
        if !text("consent_text").is_empty() {
            let needed = self.form.boolean("consent_required") == Some(true);
            let checked = if self.given.contains_key(CONSENT) {
                " checked"
            } else {
                ""
            };
            out.push_str(&format!(
                "<label class=\"box\"><input type=\"checkbox\" name=\"{CONSENT}\" value=\"yes\"{checked}{}><span>{}</span></label>",
                if needed { " required" } else { "" },
                escaped(text("consent_text"))
            ));
        }
        out.push_str(&format!(
            "<input type=\"hidden\" name=\"{PAGE}\" value=\"{}\"><button type=\"submit\">{}</button></form></main>",
            escaped(self.page),
            words.send
        ));
        around(self.language, title, &out)
    }

    /// What a field is called.
    fn label(&self, field: &Asked) -> String {
        label(self.record_type, field, self.language)
    }

    fn field(&self, field: &Asked) -> String {
        let name = escaped(&field.name);
        let required = if field.required { " required" } else { "" };
        let value = self
            .given
            .get(&field.name)
            .map(|v| escaped(v))
            .unwrap_or_default();
        let hint = if field.required {
            format!(" <span class=\"hint\">({})</span>", words(self.language).needed)
        } else {
            String::new()
        };
        let mut out = format!(
            "<label for=\"{name}\">{}{hint}</label>",
            escaped(&self.label(field))
        );
        let declared = self.record_type.field(&field.name);
        let most = declared
            .and_then(|f| f.max)
            .filter(|m| *m > 0)
            .map(|m| format!(" maxlength=\"{m}\""))
            .unwrap_or_default();
        let long = ["message", "description"].contains(&field.name.as_str());
        if long {
            out.push_str(&format!(
                "<textarea id=\"{name}\" name=\"{name}\" maxlength=\"20000\"{required}>{value}</textarea>"
            ));
        } else if let Some(choices) = declared.filter(|f| !f.choices.is_empty()) {
            out.push_str(&self.choice(choices, &name, required, &value));
        } else {
            let (kind, complete) = match field.name.as_str() {
                "email" => ("email", "email"),
                "phone" => ("tel", "tel"),
                "website" => ("url", "url"),
                "employees" => ("number", "off"),
                "name" => ("text", "name"),
                "given_name" => ("text", "given-name"),
                "family_name" => ("text", "family-name"),
                "company" => ("text", "organization"),
                "title" => ("text", "organization-title"),
                "postal_code" => ("text", "postal-code"),
                "city" => ("text", "address-level2"),
                _ => ("text", "on"),
            };
            let most = if kind == "number" {
                " min=\"0\"".to_owned()
            } else {
                most
            };
            out.push_str(&format!("<input id=\"{name}\" name=\"{name}\" type=\"{kind}\" autocomplete=\"{complete}\"{most} value=\"{value}\"{required}>"));
        }
        out
    }

    fn choice(&self, field: &Field, name: &str, required: &str, value: &str) -> String {
        let mut out = format!("<select id=\"{name}\" name=\"{name}\"{required}><option value=\"\"></option>");
        for choice in &field.choices {
            let word = field
                .words
                .get(choice)
                .map_or(choice.as_str(), |l| in_language(l, self.language));
            let chosen = if choice == value { " selected" } else { "" };
            out.push_str(&format!(
                "<option value=\"{}\"{chosen}>{}</option>",
                escaped(choice),
                escaped(word)
            ));
        }
        out + "</select>"
    }
}

fn in_language(label: &records::Label, language: Language) -> &str {
    if language == Language::German {
        &label.de
    } else {
        &label.en
    }
}

/// What a field is called: by the form, by its declaration, by its name.
pub(super) fn label(record_type: &RecordType, field: &Asked, language: Language) -> String {
    if let Some(label) = &field.label {
        return label.clone();
    }
    if field.name == "name" && record_type.name == "case" {
        return "Name".into();
    }
    if let Some(declared) = record_type.field(&field.name) {
        return in_language(&declared.label, language).to_owned();
    }
    match (field.name.as_str(), language) {
        ("email", Language::English) => "E-mail".into(),
        ("email", Language::German) => "E-Mail".into(),
        ("phone", Language::English) => "Phone".into(),
        ("phone", Language::German) => "Telefon".into(),
        (name, _) => name.strip_prefix("custom.").unwrap_or(name).replace('_', " "),
    }
}
