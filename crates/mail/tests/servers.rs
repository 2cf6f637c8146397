//! Out by SMTP and in by IMAP, with real servers on the loopback.

use std::time::SystemTime;

use mail::{Address, Composed, Draft, Mailbox, Seal, Secret, Sent, Server, Tls, compose, parse, send};
use testkit::mail::{MailServers, PASSWORD, USER};

fn to(address: &str, text: &str) -> Composed {
    let whom = |address: &str| Address {
        name: "Eva Müller".into(),
        address: address.into(),
    };
    compose(&Draft {
        id: Seal::new([1; 32]).message_id("0190", "firm.example"),
        answers: Vec::new(),
        from: whom("service@firm.example"),
        to: vec![whom(address)],
        cc: Vec::new(),
        subject: "Grüße".into(),
        text: text.into(),
        attachments: Vec::new(),
        at: SystemTime::now(),
        automatic: false,
        unsubscribe: Vec::new(),
    })
    .unwrap()
}

fn server(servers: &MailServers, port: u16, tls: Tls) -> Server {
    Server {
        host: "localhost".into(),
        port,
        tls,
        user: Some((USER.into(), Secret::new(PASSWORD))),
        authority: Some(servers.authority.clone()),
    }
}

#[tokio::test]
async fn a_message_goes_out_by_smtp_and_comes_in_by_imap() {
    let Some(servers) = testkit::mail::servers() else {
        return;
    };
    let smtp = server(&servers, servers.smtp_port, Tls::Upgrade);
    let text = "Hello\n.\n..two dots\nFrom here on";
    for number in 0..3 {
        let sent = send(
            &smtp,
            "firm.example",
            &to("eva@x.example", &format!("{text} {number}")),
        )
        .await;
        assert!(matches!(sent, Sent::Accepted(_)), "{sent:?}");
    }
    let plain = server(&servers, servers.plain_smtp_port, Tls::Off);
    let sent = send(&plain, "firm.example", &to("eva@x.example", "in the clear")).await;
    assert!(matches!(sent, Sent::Accepted(_)), "{sent:?}");

    for (port, tls) in [
        (servers.imaps_port, Tls::Direct),
        (servers.imap_port, Tls::Upgrade),
        (servers.imap_port, Tls::Off),
    ] {
        let imap = server(&servers, port, tls);
        let mut mailbox = Mailbox::open(&imap, "INBOX").await.unwrap();
        let waiting = mailbox.after(0).await.unwrap();
        assert_eq!(
            waiting.len(),
            4,
            "{tls:?}: reading changes nothing, each look finds all"
        );
        let mut texts = Vec::new();
        for message in &waiting {
            let bytes = mailbox.message(message.uid).await.unwrap().unwrap();
            assert!(message.bytes as usize >= bytes.len() - 10 && message.bytes > 0);
            texts.push(parse(&bytes).unwrap().text);
        }
        assert_eq!(texts[..3], [0, 1, 2].map(|n| format!("{text} {n}")));
        // What was read is not listed again, and what is gone is none.
        assert_eq!(mailbox.after(waiting[2].uid).await.unwrap(), waiting[3..]);
        assert_eq!(mailbox.after(waiting[3].uid).await.unwrap(), []);
        assert_eq!(mailbox.message(9_999).await.unwrap(), None);
        assert!(mailbox.uid_validity() > 0);
        mailbox.close().await;
    }
}

#[tokio::test]
async fn a_refusal_for_good_one_for_now_and_none_at_all_are_told_apart() {
    let Some(servers) = testkit::mail::servers() else {
        return;
    };
    let smtp = server(&servers, servers.smtp_port, Tls::Upgrade);
    let sent = send(&smtp, "firm.example", &to("nobody@x.example", "a")).await;
    assert!(
        matches!(&sent, Sent::Never(why) if why.contains("nobody of that name")),
        "{sent:?}"
    );
    let sent = send(&smtp, "firm.example", &to("later@x.example", "a")).await;
    assert!(
        matches!(&sent, Sent::Later(why) if why.contains("come back later")),
        "{sent:?}"
    );
    // Nobody listens there.
    let gone = server(&servers, 1, Tls::Upgrade);
    let sent = send(&gone, "firm.example", &to("eva@x.example", "a")).await;
    assert!(matches!(sent, Sent::Later(_)), "{sent:?}");
    // A wrong password is nowhere told, and sends nothing.
    let mut wrong = server(&servers, servers.smtp_port, Tls::Upgrade);
    wrong.user = Some((USER.into(), Secret::new("geheim")));
    let sent = send(&wrong, "firm.example", &to("eva@x.example", "a")).await;
    assert!(
        matches!(&sent, Sent::Later(why) if why.contains("sign-in refused") && !why.contains("geheim")),
        "{sent:?}"
    );
    wrong.port = servers.imaps_port;
    wrong.tls = Tls::Direct;
    let error = Mailbox::open(&wrong, "INBOX").await.err().unwrap().to_string();
    assert!(
        error.contains("localhost") && !error.contains("geheim"),
        "{error}"
    );
    // Without the authority nobody is trusted; a server that cannot be made secret is told nothing.
    let mut stranger = server(&servers, servers.imaps_port, Tls::Direct);
    stranger.authority = None;
    assert!(Mailbox::open(&stranger, "INBOX").await.is_err());
    stranger.port = servers.smtp_port;
    stranger.tls = Tls::Upgrade;
    assert!(matches!(
        send(&stranger, "firm.example", &to("eva@x.example", "a")).await,
        Sent::Later(_)
    ));
    let cannot = server(&servers, servers.plain_smtp_port, Tls::Upgrade);
    let sent = send(&cannot, "firm.example", &to("eva@x.example", "a")).await;
    assert!(
        matches!(&sent, Sent::Later(why) if why.contains("STARTTLS")),
        "{sent:?}"
    );

    let mut mailbox = Mailbox::open(&server(&servers, servers.imaps_port, Tls::Direct), "INBOX")
        .await
        .unwrap();
    assert_eq!(mailbox.after(0).await.unwrap(), [], "none of them arrived");
    mailbox.close().await;
}
