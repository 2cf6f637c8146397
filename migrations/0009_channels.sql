-- Channels: mail in and out, files, webhooks, the hand-over to an ERP, web forms.

alter table activities add column case_id text;
alter table activities add column lead_id text;
alter table activities add column message_id text collate "C";
alter table activities add column from_address text;
alter table activities add column to_addresses text;
alter table activities add column mail_state text collate "C";
alter table activities add column mail_note text collate "C";
alter table activities_history add column case_id text;
alter table activities_history add column lead_id text;
alter table activities_history add column message_id text collate "C";
alter table activities_history add column from_address text;
alter table activities_history add column to_addresses text;
alter table activities_history add column mail_state text collate "C";
alter table activities_history add column mail_note text collate "C";
alter table accounts add column email_bounced_at bigint;
alter table accounts add column email_bounce text collate "C";
alter table accounts_history add column email_bounced_at bigint;
alter table accounts_history add column email_bounce text collate "C";
alter table contacts add column email_bounced_at bigint;
alter table contacts add column email_bounce text collate "C";
alter table contacts_history add column email_bounced_at bigint;
alter table contacts_history add column email_bounce text collate "C";
alter table leads add column email_bounced_at bigint;
alter table leads add column email_bounce text collate "C";
alter table leads_history add column email_bounced_at bigint;
alter table leads_history add column email_bounce text collate "C";
create index activities_by_case_id on activities (case_id);
create index activities_by_lead_id on activities (lead_id);
create index activities_by_message_id on activities (message_id);

create table files (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    media_type text collate "C",
    size bigint,
    digest text collate "C",
    about_type text collate "C",
    about_id text collate "C",
    account_id text,
    activity_id text,
    owner_id text
);
create index files_by_name_folded on files (name_folded, id);
create index files_by_account_id on files (account_id);
create index files_by_activity_id on files (activity_id);
create index files_by_about_id on files (about_id);

create table files_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    media_type text collate "C",
    size bigint,
    digest text collate "C",
    about_type text collate "C",
    about_id text collate "C",
    account_id text,
    activity_id text,
    owner_id text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index files_history_superseded on files_history (superseded_at);

create table webhooks (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    url text not null,
    events text not null,
    user_id text not null,
    active boolean
);
create index webhooks_by_name_folded on webhooks (name_folded, id);
create index webhooks_by_user_id on webhooks (user_id);

create table webhooks_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    url text not null,
    events text not null,
    user_id text not null,
    active boolean,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index webhooks_history_superseded on webhooks_history (superseded_at);

create table forms (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    key text collate "C",
    target text collate "C" not null,
    title text collate "C",
    intro text,
    fields text not null,
    consent_text text,
    purpose text collate "C",
    consent_required boolean,
    thanks text,
    language text collate "C",
    queue_id text,
    active boolean
);
create unique index forms_key_once on forms (key);
create index forms_by_name_folded on forms (name_folded, id);
create index forms_by_queue_id on forms (queue_id);

create table forms_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    key text collate "C",
    target text collate "C" not null,
    title text collate "C",
    intro text,
    fields text not null,
    consent_text text,
    purpose text collate "C",
    consent_required boolean,
    thanks text,
    language text collate "C",
    queue_id text,
    active boolean,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index forms_history_superseded on forms_history (superseded_at);

create table form_submissions (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    form_id text,
    form_name text not null,
    form_name_folded text collate "C",
    submitted_at bigint,
    given text,
    lead_id text,
    case_id text,
    consent boolean,
    consent_text text,
    purpose text collate "C"
);
create index form_submissions_by_form_name_folded on form_submissions (form_name_folded, id);
create index form_submissions_by_form_id on form_submissions (form_id);
create index form_submissions_by_lead_id on form_submissions (lead_id);
create index form_submissions_by_case_id on form_submissions (case_id);

create table form_submissions_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    form_id text,
    form_name text not null,
    form_name_folded text collate "C",
    submitted_at bigint,
    given text,
    lead_id text,
    case_id text,
    consent boolean,
    consent_text text,
    purpose text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index form_submissions_history_superseded on form_submissions_history (superseded_at);

-- What follows is no record: queues, keys, and what was seen before. Times are milliseconds since 1970 in UTC.

-- Keys that the program made for itself, hexadecimal.
create table program_keys (
    name text primary key,
    value text not null
);

-- How far a follower of the change feed has come.
create table feed_cursors (
    name text primary key,
    seq bigint not null
);

-- Mail to be sent: composed once, sent once. `sending` without a living lease is a worker that died over it; whether it was
-- sent is unclear then, and it is not sent again unasked.
create table outgoing_mails (
    id text primary key,
    activity_id text not null,
    message_id text not null unique,
    sender text not null,
    recipients text not null,
    message_base64 text not null,
    state text not null,
    attempts bigint not null,
    next_at bigint not null,
    lease_until bigint,
    worker text,
    note text not null,
    created_at bigint not null,
    finished_at bigint
);
create index outgoing_mails_by_state on outgoing_mails (state, next_at);
create index outgoing_mails_by_end on outgoing_mails (finished_at);

-- Mail that came, by its digest: seen twice, taken once.
create table incoming_mails (
    digest text primary key,
    message_id text,
    source text not null,
    received_at bigint not null,
    outcome text not null,
    note text not null,
    from_address text not null,
    subject text not null,
    activity_id text
);
create index incoming_mails_by_time on incoming_mails (received_at);
create index incoming_mails_by_message_id on incoming_mails (message_id);

-- How far a mailbox was read.
create table mailbox_positions (
    mailbox text primary key,
    uid_validity bigint not null,
    last_uid bigint not null
);

-- With what a webhook's messages are signed, and after which change it is told anything.
create table webhook_keys (
    webhook_id text primary key,
    secret text not null,
    after_seq bigint not null
);

-- A message to another program; its event's id is the same each time it is sent.
create table webhook_deliveries (
    id text primary key,
    webhook_id text not null,
    event_id text not null,
    event_type text not null,
    seq bigint not null,
    body text not null,
    state text not null,
    attempts bigint not null,
    next_at bigint not null,
    lease_until bigint,
    worker text,
    created_at bigint not null,
    delivered_at bigint,
    unique (webhook_id, event_id)
);
create index webhook_deliveries_by_state on webhook_deliveries (state, next_at);
create index webhook_deliveries_by_time on webhook_deliveries (webhook_id, created_at);

-- What came of each time it was sent.
create table webhook_attempts (
    id text primary key,
    delivery_id text not null,
    at bigint not null,
    status bigint,
    note text not null,
    milliseconds bigint not null
);
create index webhook_attempts_by_delivery on webhook_attempts (delivery_id, at);

-- Orders laid into the ERP's folder, once each. `part`: the file's name while it is not yet known to be in its place.
create table erp_files (
    order_id text primary key,
    file_name text not null,
    part text,
    created_at bigint not null
);

-- What the ERP said, once each.
create table erp_replies (
    message_id text primary key,
    order_id text not null,
    status text not null,
    change_set text,
    at bigint not null
);

-- Pages of a web form that were sent, by the number each page has: a second press of the button is no second enquiry.
create table form_pages (
    number text primary key,
    at bigint not null
);
create index form_pages_by_time on form_pages (at);
