//! Messages as they come: from people, from programs, broken, and meant to harm.

use std::time::SystemTime;

use mail::{Address, Attachment, Draft, Message, Nature, Refusal, Seal, compose, parse};

fn read(text: &str) -> Message {
    parse(text.replace('\n', "\r\n").as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn a_message_says_who_to_whom_and_what() {
    let message = read(
        "From: =?utf-8?q?Eva_M=C3=BCller?= <Eva@Mueller.Example>\nTo: Service <service@firm.example>, max@firm.example\nCc: service@firm.example\n\
         Subject: =?utf-8?B?UHVtcGUgZGVmZWt0IPCfkqc=?=\nDate: Mon, 2 Mar 2026 09:00:00 +0100\nMessage-ID: <a1@mueller.example>\n\
         In-Reply-To: <b@firm.example>\nReferences: <z@firm.example> <b@firm.example>\nContent-Type: text/plain; charset=iso-8859-1\n\
         Content-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n\n> old\n",
    );
    assert_eq!(
        message.from,
        Address {
            name: "Eva Müller".into(),
            address: "eva@mueller.example".into()
        }
    );
    let to: Vec<&str> = message.to.iter().map(|a| a.address.as_str()).collect();
    assert_eq!(to, ["service@firm.example", "max@firm.example"]);
    assert_eq!(message.subject, "Pumpe defekt 💧");
    assert_eq!(message.written_at, Some(1_772_438_400_000));
    assert_eq!(message.id.as_deref(), Some("a1@mueller.example"));
    assert_eq!(message.answers, ["b@firm.example", "z@firm.example"]);
    assert_eq!(
        (message.text.as_str(), message.own_text.as_str()),
        ("Grüße\n\n> old", "Grüße")
    );
    assert_eq!(message.nature, Nature::Personal);
}

#[test]
fn html_becomes_text_and_files_keep_harmless_names() {
    let message = read(
        "From: eva@x.example\nSubject: Offer\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n--b\nContent-Type: text/html\n\n\
         <html><head><style>p{}</style></head><body><p>Dear <b>Max</b>,</p><p>the offer.</p><script>alert(1)</script></body></html>\n\
         --b\nContent-Type: application/pdf; name=\"../../up.pdf\"\nContent-Disposition: attachment; filename=\"../../up.pdf\"\n\
         Content-Transfer-Encoding: base64\n\nJVBERi0xLjc=\n--b--\n",
    );
    assert!(
        message.text.contains("Dear Max,") && message.text.contains("the offer."),
        "{:?}",
        message.text
    );
    assert!(
        !message.text.contains("alert") && !message.text.contains('<'),
        "{:?}",
        message.text
    );
    let file = Attachment {
        name: "up.pdf".into(),
        media_type: "application/pdf".into(),
        bytes: b"%PDF-1.7".to_vec(),
    };
    assert_eq!(message.attachments, [file]);
}

const BOUNCE: &str = "From: MAILER-DAEMON@relay.example\nTo: crm@firm.example\nSubject: Undelivered\nAuto-Submitted: auto-replied\n\
    Content-Type: multipart/report; report-type=delivery-status; boundary=\"r\"\nMIME-Version: 1.0\n\n--r\nContent-Type: text/plain\n\nSorry.\n\
    --r\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\n\
    Final-Recipient: rfc822; Gone@x.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1\n no such user\n\n\
    Final-Recipient: rfc822; slow@x.example\nAction: delayed\nStatus: 4.4.1\n\n\
    Final-Recipient: rfc822; fine@x.example\nAction: delivered\nStatus: 2.0.0\n\n\
    --r\nContent-Type: message/rfc822\n\nFrom: crm@firm.example\nMessage-ID: <ours@firm.example>\nSubject: Hello\n\nHello\n--r--\n";

#[test]
fn bounces_and_answers_of_programs_are_told_apart() {
    let Nature::Bounce(bounce) = read(BOUNCE).nature else {
        panic!("a bounce")
    };
    assert_eq!(bounce.message_id.as_deref(), Some("ours@firm.example"));
    let failed: Vec<_> = bounce
        .failed
        .iter()
        .map(|f| (f.address.as_str(), f.permanent, f.reason.as_str()))
        .collect();
    assert_eq!(
        failed,
        [
            ("gone@x.example", true, "550 5.1.1 no such user"),
            ("slow@x.example", false, "")
        ]
    );
    let heads = BOUNCE.replace("message/rfc822\n\nFrom", "text/rfc822-headers\n\nFrom");
    let Nature::Bounce(bounce) = read(&heads).nature else {
        panic!("a bounce")
    };
    assert_eq!(bounce.message_id.as_deref(), Some("ours@firm.example"));
    for (head, nature) in [
        ("Auto-Submitted: auto-replied", Nature::Automatic),
        (
            "Auto-Submitted: auto-generated; owner-email=a@x.example",
            Nature::Automatic,
        ),
        ("Auto-Submitted: no", Nature::Personal),
        ("Precedence: bulk", Nature::Bulk),
        ("Precedence: list", Nature::Bulk),
        ("List-Id: <news.x.example>", Nature::Bulk),
        ("X-Autoreply: yes", Nature::Automatic),
        ("X-Mailer: any", Nature::Personal),
    ] {
        assert_eq!(
            read(&format!("From: eva@x.example\n{head}\n\nText\n")).nature,
            nature,
            "{head}"
        );
    }
}

fn draft() -> Draft {
    Draft {
        id: Seal::new([1; 32]).message_id("0190", "firm.example"),
        answers: vec!["a1@mueller.example".into()],
        from: Address {
            name: "Service".into(),
            address: "service@firm.example".into(),
        },
        to: vec![Address {
            name: "Eva Müller".into(),
            address: "eva@mueller.example".into(),
        }],
        cc: Vec::new(),
        subject: "[#C-2026-00001] Pumpe für Süd".into(),
        text: "Guten Tag,\n.\nwir kommen.\n".into(),
        attachments: vec![Attachment {
            name: "Plan Süd.pdf".into(),
            media_type: "application/pdf".into(),
            bytes: vec![0, 1, 255],
        }],
        at: SystemTime::UNIX_EPOCH,
        automatic: false,
        unsubscribe: Vec::new(),
    }
}

#[test]
fn what_is_written_is_read_again() {
    let draft = draft();
    let composed = compose(&draft).unwrap();
    assert_eq!(
        (composed.from.as_str(), composed.to.as_slice()),
        (
            "service@firm.example",
            ["eva@mueller.example".to_owned()].as_slice()
        )
    );
    assert!(composed.bytes.is_ascii());
    let message = parse(&composed.bytes).unwrap();
    assert_eq!(
        (message.id.as_deref(), &message.answers),
        (Some(draft.id.as_str()), &draft.answers)
    );
    assert_eq!(
        (&message.from, &message.to, &message.subject),
        (&draft.from, &draft.to, &draft.subject)
    );
    assert_eq!(message.text, draft.text.trim());
    assert_eq!(message.attachments, draft.attachments);
    assert_eq!(compose(&draft).unwrap().bytes.len(), composed.bytes.len());
    let robot = Draft {
        automatic: true,
        unsubscribe: Vec::new(),
        ..draft
    };
    assert_eq!(
        parse(&compose(&robot).unwrap().bytes).unwrap().nature,
        Nature::Automatic
    );
}

#[test]
fn nobody_adds_a_header() {
    let evil = "Hello\r\nBcc: all@x.example\r\n\r\nOther body";
    let mut draft = draft();
    draft.subject = evil.into();
    draft.to[0].name = evil.into();
    draft.from.name = evil.into();
    draft.answers = vec![evil.into()];
    draft.attachments[0].name = evil.into();
    draft.attachments[0].media_type = "text/plain\r\nBcc: all@x.example".into();
    let composed = compose(&draft).unwrap();
    assert_eq!(composed.to, ["eva@mueller.example"]);
    let head = String::from_utf8_lossy(&composed.bytes).to_lowercase();
    assert!(!head.lines().any(|l| l.starts_with("bcc:")), "{head}");
    assert_eq!(parse(&composed.bytes).unwrap().text, draft.text.trim());
    for address in [
        "eva@x.example\r\nBcc: b@x.example",
        "eva",
        "",
        "a b@x.example",
        "eva@x.example>,<b@x.example",
    ] {
        draft.to[0].address = address.into();
        assert!(compose(&draft).is_err(), "{address:?}");
    }
    draft.to.clear();
    assert!(compose(&draft).is_err());
}

#[test]
fn thirty_megabytes_are_taken_and_more_than_that_refused() {
    let mut draft = draft();
    // Bytes that look like nothing: from a small generator.
    let mut state = 1_u32;
    draft.attachments[0].bytes = (0..30 * 1024 * 1024)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    let message = parse(&compose(&draft).unwrap().bytes).unwrap();
    assert!(message.attachments == draft.attachments, "30 MB come through");
    let huge = vec![b'a'; mail::MOST_BYTES + 1];
    assert_eq!(
        parse(&huge),
        Err(Refusal::TooLarge {
            bytes: huge.len(),
            most: mail::MOST_BYTES
        })
    );
}

#[test]
fn whatever_is_broken_or_hostile_ends_as_a_message_or_a_refusal() {
    let nested = |kind: &str, depth: usize| {
        let mut text = String::from("From: a@x.example\n");
        for level in 0..depth {
            text.push_str(&format!(
                "Content-Type: {kind}; boundary=b{level}\n\n--b{level}\n"
            ));
        }
        text + "\nend"
    };
    let refused = |text: &str| {
        matches!(
            parse(text.as_bytes()),
            Err(Refusal::TooMany { .. } | Refusal::NotAMessage(_))
        )
    };
    // As deep as is taken, on a thread's small stack.
    for kind in [
        "multipart/mixed",
        "message/rfc822",
        "multipart/digest",
        "multipart/alternative",
    ] {
        let _ = parse(nested(kind, 400).as_bytes());
        assert!(refused(&nested(kind, 401)), "{kind}");
    }
    assert!(refused(&format!(
        "From: a@x.example\nX: {}\n\nText",
        "a".repeat(300_000)
    )));
    assert!(refused(&"\n".repeat(1_600_000)));
    assert!(refused(""));
    assert!(refused("Subject: nobody wrote this\n\nText"));
    assert!(refused("From: nobody\n\nText"));
    // Every beginning and every bit of noise of a real message.
    let whole = BOUNCE.replace('\n', "\r\n").into_bytes();
    for end in 0..whole.len() {
        let _ = parse(&whole[..end]);
    }
    let mut state = 7_u64;
    for _ in 0..3_000 {
        let mut noisy = whole.clone();
        for _ in 0..8 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (state >> 33) as usize % noisy.len();
            noisy[at] = (state >> 20) as u8;
        }
        if let Ok(message) = parse(&noisy) {
            assert!(
                !message.subject.contains(['\r', '\n', '\0']),
                "seed 7: {:?}",
                message.subject
            );
            assert!(!message.text.contains('\0'), "seed 7: {:?}", message.text);
        }
    }
}
