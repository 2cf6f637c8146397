//! Whoever wants no more: the objection is on record with how it is known, whichever way it came.

use records::{At, Author, Filter, Op, Query, Record, Viewer, fields};

use super::lists::people;
use super::setup::purpose_of;
use crate::App;
use crate::consent::{Channel, Person, decide};
use crate::problem::Problem;

/// Whether this was said before and still stands.
fn stands(app: &App, person: &Person, campaign: &Record, channel: Option<Channel>) -> bool {
    let says_no =
        |channel| decide(person, channel, purpose_of(campaign), app.store.now()).code == "withdrawn";
    match channel {
        Some(channel) => says_no(channel),
        None => Channel::ALL.into_iter().all(says_no),
    }
}

/// An objection to what the campaign is for, by one way or by all, with its evidence. A firm without a person on record is
/// marked itself. Said twice it is written once.
pub(super) async fn opt_out(
    app: &App,
    author: &Author,
    member: &Record,
    campaign: &Record,
    channel: Option<Channel>,
    evidence: &str,
) -> Result<(), Problem> {
    let mut ops = Vec::new();
    let known = people(app, std::slice::from_ref(member)).await?;
    let person = known.get(&member.id);
    let link = ["contact_id", "lead_id"]
        .into_iter()
        .find_map(|link| Some((link, member.text(link)?)));
    match (link, person) {
        (Some((link, id)), Some(person)) if !stands(app, person, campaign, channel) => ops.push(Op::create(
            "consent",
            fields([
                (link, id.into()),
                ("purpose", purpose_of(campaign).as_str().into()),
                ("channel", channel.map_or("any", Channel::as_str).into()),
                ("lawful_basis", "consent".into()),
                ("withdrawn_at", app.store.now().0.into()),
                ("evidence", evidence.into()),
                (
                    "source",
                    format!("Link of {}", campaign.text("name").unwrap_or("a campaign")).into(),
                ),
            ]),
        )),
        (None, Some(firm)) if !firm.do_not_contact => {
            ops.push(Op::update(
                "account",
                firm.id.as_str(),
                fields([("do_not_contact", true.into())]),
            ));
        }
        _ => {}
    }
    if !matches!(member.text("status"), Some("opted_out" | "left_out")) {
        ops.push(Op::update(
            "campaign_member",
            member.id.clone(),
            fields([("status", "opted_out".into()), ("held", "withdrawn".into())]),
        ));
    }
    if !ops.is_empty() {
        app.store.write(author, ops).await?;
    }
    Ok(())
}

/// A message whose subject is what the mail of a campaign says for it: `unsubscribe CODE-SIGNATURE`. Gives what to say of
/// it; `None` for every other message. Nobody else can make such a subject, whoever the writer says they are.
pub(crate) async fn unsubscribed_by(app: &App, subject: &str, from: &str) -> Result<Option<String>, Problem> {
    let mut words = subject.split_whitespace().rev();
    let (Some(token), Some(word)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    if !word.eq_ignore_ascii_case("unsubscribe") {
        return Ok(None);
    }
    let Some(code) = app.links.code(app, token).await? else {
        return Ok(None);
    };
    let query = Query::of("campaign_member")
        .filter(Filter::eq("code", code.as_str()))
        .limit(1);
    let Some(member) = app.store.list(&Viewer::system(), &query).await?.records.pop() else {
        return Ok(None);
    };
    let id = member.text("campaign_id").unwrap_or_default();
    let campaign = app
        .store
        .get(&Viewer::system(), "campaign", id, At::PRESENT)
        .await?;
    let Some(campaign) = campaign else {
        return Ok(None);
    };
    let evidence = format!("An e-mail from {from} asked for it, with the link of code {code}.");
    let author = Author::system("mail", "Unsubscribed by mail");
    opt_out(app, &author, &member, &campaign, Some(Channel::Email), &evidence).await?;
    Ok(Some(format!("{from} gets no more e-mails of this kind")))
}
