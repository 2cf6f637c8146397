//! One batch of a mailing: each member written to, or held back with the reason.

use std::collections::HashMap;

use mail::Address;
use records::{ChangeSet, Op, Record, fields};
use serde_json::Value;

use super::super::lists::people;
use super::super::setup::variant_of;
use super::text::{self, Own};
use super::{after_mail, own_words, refused, store};
use crate::App;
use crate::consent::{Person, PersonKind};
use crate::mails::{Bulk, Laid, lay_in, let_go, take_back};
use crate::problem::Problem;
use crate::visits::by_ids;

/// The activity of a member's mail: made of the member's id, so that there is one.
pub(super) fn activity_id(member: &str) -> String {
    format!("cm-{member}")
}

/// What a batch is written from.
pub(super) struct Writing<'a> {
    app: &'a App,
    mailing: &'a store::Mailing,
    campaign: &'a Record,
    people: HashMap<String, Person>,
    /// Contacts and leads, for their given names and language.
    records: HashMap<String, Record>,
}

impl<'a> Writing<'a> {
    pub async fn load(
        app: &'a App,
        mailing: &'a store::Mailing,
        campaign: &'a Record,
        members: &[Record],
    ) -> Result<Self, Problem> {
        let mut records = HashMap::new();
        for (type_name, link) in [("contact", "contact_id"), ("lead", "lead_id")] {
            let ids: Vec<String> = members
                .iter()
                .filter_map(|m| m.text(link).map(str::to_owned))
                .collect();
            records.extend(by_ids(&app.store, type_name, &ids).await?);
        }
        Ok(Self {
            app,
            mailing,
            campaign,
            people: people(app, members).await?,
            records,
        })
    }

    /// One member: written to, or held back with the reason. True: a message was laid in.
    pub async fn one(&mut self, set: &ChangeSet, member: &Record) -> Result<bool, Problem> {
        let (app, db) = (self.app, self.app.store.db());
        let Some(person) = self.people.get(&member.id).cloned() else {
            return hold(set, member, "no-address").await;
        };
        if let Some(why) = refused(app, self.campaign, &person).await? {
            return hold(set, member, why).await;
        }
        let address = person.email.clone().unwrap_or_default().to_lowercase();
        let activity = activity_id(&member.id);
        if store::wrote_to(db, &self.campaign.id, &address, &activity).await? {
            return hold(set, member, "same-address").await;
        }
        let bulk = match self.message(member, &person, address, activity).await? {
            Some(bulk) => bulk,
            None => return hold(set, member, "no-address").await,
        };
        match lay_in(app, &bulk).await? {
            Laid::Refused => hold(set, member, "no-address").await,
            Laid::Before(state) => {
                // Its activity was taken back, its message was not: what went out went out.
                let after = after_mail(Some("planned"), &state, app.store.now().0);
                if let Some(patch) = after {
                    write(set, member, Vec::new(), patch).await?;
                }
                Ok(false)
            }
            Laid::New(id) => {
                let entry = self.entry(&bulk, member, &person);
                let link = fields([("activity_id", bulk.activity_id.as_str().into())]);
                match write(set, member, vec![entry], link).await {
                    Ok(()) => let_go(app, &id).await?,
                    // Somebody else wrote this one a moment ago.
                    Err(Problem {
                        status: 409 | 412, ..
                    }) => return Ok(false),
                    Err(problem) => {
                        take_back(app, &id).await?;
                        return Err(problem);
                    }
                }
                Ok(true)
            }
        }
    }

    fn entry(&self, bulk: &Bulk, member: &Record, person: &Person) -> Op {
        let lead = (person.kind == PersonKind::Lead).then(|| person.id.clone());
        let contact = (person.kind == PersonKind::Contact).then(|| person.id.clone());
        Op::Create {
            type_name: "activity".into(),
            id: Some(bulk.activity_id.clone()),
            fields: fields([
                ("kind", "email".into()),
                ("subject", bulk.subject.as_str().into()),
                ("body", bulk.text.as_str().into()),
                ("direction", "out".into()),
                ("status", "done".into()),
                ("happened_at", self.app.store.now().0.into()),
                (
                    "account_id",
                    member.fields.get("account_id").cloned().unwrap_or(Value::Null),
                ),
                ("contact_id", contact.into()),
                ("lead_id", lead.into()),
                ("owner_id", self.mailing.user_id.as_str().into()),
                ("message_id", bulk.message_id.as_str().into()),
                ("from_address", bulk.from.address.as_str().into()),
                ("to_addresses", bulk.to.address.as_str().into()),
                ("mail_state", "queued".into()),
            ]),
        }
    }

    async fn message(
        &self,
        member: &Record,
        person: &Person,
        address: String,
        activity_id: String,
    ) -> Result<Option<Bulk>, Problem> {
        let Some(from) = self.app.settings.channels.mail_from.clone() else {
            return Err(no_sender());
        };
        let Some(code) = member.text("code") else {
            return Ok(None);
        };
        let path = self.app.links.path(self.app, code).await?;
        let own = own_words(
            person,
            self.records.get(&person.id),
            member,
            &self.mailing.base,
            &path,
        );
        let variant = variant_of(self.campaign, member.text("variant"));
        let own = Own {
            offer: variant["offer"].as_str().unwrap_or_default().to_owned(),
            ..own
        };
        let language = self.records.get(&person.id).and_then(|r| r.text("language"));
        let name = self.campaign.text("name").unwrap_or_default();
        let (subject, text) = text::mail(&variant, name, language.unwrap_or_default(), &own);
        let token = path.trim_start_matches("/r/");
        let by_mail = format!("mailto:{}?subject=unsubscribe%20{token}", from.address);
        let domain = from.address.rsplit_once('@').map_or("localhost", |(_, d)| d);
        Ok(Some(Bulk {
            campaign_id: self.campaign.id.clone(),
            message_id: self
                .app
                .doors
                .seal(self.app)
                .await?
                .message_id(&activity_id, domain),
            activity_id,
            to: Address {
                name: mail::header_text(&person.name, 200),
                address,
            },
            subject: mail::header_text(&subject, 250),
            text,
            unsubscribe: vec![own.stop.clone(), by_mail],
            from,
        }))
    }
}

fn no_sender() -> Problem {
    Problem::conflict(
        "no-sender",
        "There is no address to write from. Set BAILIWICK_MAIL_FROM.",
    )
}

async fn hold(set: &ChangeSet, member: &Record, why: &'static str) -> Result<bool, Problem> {
    let status = match why {
        "withdrawn" | "do-not-contact" => "opted_out",
        "bounced" => "bounced",
        _ => "stopped",
    };
    let patch = fields([("status", status.into()), ("held", why.into())]);
    match write(set, member, Vec::new(), patch).await {
        // They answered meanwhile: they are read again with the next ones.
        Ok(()) | Err(Problem { status: 412, .. }) => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// Writes a member as it was read, with what belongs to it.
async fn write(
    set: &ChangeSet,
    member: &Record,
    mut ops: Vec<Op>,
    patch: serde_json::Map<String, Value>,
) -> Result<(), Problem> {
    ops.push(Op::Update {
        type_name: "campaign_member".into(),
        id: member.id.clone(),
        version: Some(member.version),
        patch,
    });
    set.write(ops).await?;
    Ok(())
}
