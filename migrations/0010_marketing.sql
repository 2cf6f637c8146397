-- Marketing: segments, consents, campaigns with members and responses; visits that a campaign asks for.

create table segments (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    subject text collate "C" not null,
    kind text collate "C" not null,
    definition text not null,
    frozen_at bigint,
    frozen_count bigint,
    owner_id text,
    note text
);
create index segments_by_name_folded on segments (name_folded, id);
create index segments_by_owner_id on segments (owner_id);

create table segments_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    subject text collate "C" not null,
    kind text collate "C" not null,
    definition text not null,
    frozen_at bigint,
    frozen_count bigint,
    owner_id text,
    note text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index segments_history_superseded on segments_history (superseded_at);

create table segment_members (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    segment_id text not null,
    account_id text,
    contact_id text,
    lead_id text
);
create index segment_members_by_segment_id on segment_members (segment_id);
create index segment_members_by_account_id on segment_members (account_id);
create index segment_members_by_contact_id on segment_members (contact_id);
create index segment_members_by_lead_id on segment_members (lead_id);

create table segment_members_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    segment_id text not null,
    account_id text,
    contact_id text,
    lead_id text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index segment_members_history_superseded on segment_members_history (superseded_at);

create table consents (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    contact_id text,
    lead_id text,
    purpose text collate "C" not null,
    channel text collate "C" not null,
    lawful_basis text collate "C" not null,
    given_at bigint,
    withdrawn_at bigint,
    evidence text,
    source text,
    source_folded text collate "C"
);
create index consents_by_contact_id on consents (contact_id);
create index consents_by_lead_id on consents (lead_id);
create index consents_by_source_folded on consents (source_folded, id);

create table consents_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    contact_id text,
    lead_id text,
    purpose text collate "C" not null,
    channel text collate "C" not null,
    lawful_basis text collate "C" not null,
    given_at bigint,
    withdrawn_at bigint,
    evidence text,
    source text,
    source_folded text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index consents_history_superseded on consents_history (superseded_at);

create table campaigns (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    status text collate "C",
    purpose text collate "C",
    segment_id text,
    owner_id text,
    from_day text collate "C",
    to_day text collate "C",
    budget bigint,
    cost bigint,
    code text collate "C",
    channels text,
    variants text,
    control_share bigint,
    seed bigint,
    response_days bigint,
    landing_text text,
    started_at bigint,
    started_by text,
    stopped_at bigint,
    drawn text
);
create index campaigns_by_name_folded on campaigns (name_folded, id);
create index campaigns_by_segment_id on campaigns (segment_id);
create index campaigns_by_owner_id on campaigns (owner_id);
create unique index campaigns_code_once on campaigns (code);

create table campaigns_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    status text collate "C",
    purpose text collate "C",
    segment_id text,
    owner_id text,
    from_day text collate "C",
    to_day text collate "C",
    budget bigint,
    cost bigint,
    code text collate "C",
    channels text,
    variants text,
    control_share bigint,
    seed bigint,
    response_days bigint,
    landing_text text,
    started_at bigint,
    started_by text,
    stopped_at bigint,
    drawn text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index campaigns_history_superseded on campaigns_history (superseded_at);

create table campaign_members (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    campaign_id text not null,
    account_id text,
    contact_id text,
    lead_id text,
    location_id text,
    arm text collate "C" not null,
    channel text collate "C" not null,
    variant text,
    status text collate "C" not null,
    code text collate "C",
    territory_id text,
    city text,
    sent_at bigint,
    visit_id text,
    activity_id text
);
create index campaign_members_by_campaign_id on campaign_members (campaign_id);
create index campaign_members_by_account_id on campaign_members (account_id);
create index campaign_members_by_contact_id on campaign_members (contact_id);
create index campaign_members_by_lead_id on campaign_members (lead_id);
create index campaign_members_by_location_id on campaign_members (location_id);
create unique index campaign_members_code_once on campaign_members (code);
create index campaign_members_by_territory_id on campaign_members (territory_id);
create index campaign_members_by_visit_id on campaign_members (visit_id);
create index campaign_members_by_activity_id on campaign_members (activity_id);

create table campaign_members_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    campaign_id text not null,
    account_id text,
    contact_id text,
    lead_id text,
    location_id text,
    arm text collate "C" not null,
    channel text collate "C" not null,
    variant text,
    status text collate "C" not null,
    code text collate "C",
    territory_id text,
    city text,
    sent_at bigint,
    visit_id text,
    activity_id text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index campaign_members_history_superseded on campaign_members_history (superseded_at);

create table campaign_responses (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    campaign_id text not null,
    member_id text not null,
    account_id text,
    lead_id text,
    kind text collate "C" not null,
    at bigint,
    value bigint,
    note text
);
create index campaign_responses_by_campaign_id on campaign_responses (campaign_id);
create index campaign_responses_by_member_id on campaign_responses (member_id);
create index campaign_responses_by_account_id on campaign_responses (account_id);
create index campaign_responses_by_lead_id on campaign_responses (lead_id);

create table campaign_responses_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    campaign_id text not null,
    member_id text not null,
    account_id text,
    lead_id text,
    kind text collate "C" not null,
    at bigint,
    value bigint,
    note text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index campaign_responses_history_superseded on campaign_responses_history (superseded_at);

alter table contacts add column do_not_contact boolean;
alter table contacts_history add column do_not_contact boolean;
alter table contacts add column preferred_channel text collate "C";
alter table contacts_history add column preferred_channel text collate "C";
alter table leads add column do_not_contact boolean;
alter table leads_history add column do_not_contact boolean;
alter table leads add column preferred_channel text collate "C";
alter table leads_history add column preferred_channel text collate "C";
alter table accounts add column do_not_contact boolean;
alter table accounts_history add column do_not_contact boolean;
alter table visits add column campaign_id text;
alter table visits_history add column campaign_id text;
alter table visits add column earliest_on text collate "C";
alter table visits_history add column earliest_on text collate "C";
alter table visits add column latest_on text collate "C";
alter table visits_history add column latest_on text collate "C";
create index visits_by_campaign_id on visits (campaign_id);
alter table orders add column campaign_code text;
alter table orders_history add column campaign_code text;
create index orders_by_campaign_code on orders (campaign_code);

-- What links are signed with.
create table marketing_keys (
    name text not null primary key,
    secret text not null
);
