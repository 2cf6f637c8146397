-- Campaigns by e-mail: why somebody was not written to, which mail of the queue is of which campaign, and how far a
-- mailing is.
alter table campaign_members add column held text collate "C";
alter table campaign_members_history add column held text collate "C";
alter table outgoing_mails add column campaign_id text;
create index outgoing_mails_by_campaign on outgoing_mails (campaign_id, recipients);

-- A campaign's mails on their way into the queue of outgoing mail. `id` is the campaign's. Times are milliseconds since
-- 1970 in UTC; a mailing without a living lease is taken up by whoever comes by.
create table campaign_mailings (
    id text not null primary key,
    user_id text not null,
    base text not null,
    per_minute bigint not null,
    state text not null,
    note text not null,
    attempts bigint not null,
    next_at bigint not null,
    lease_until bigint,
    worker text,
    started_at bigint not null,
    finished_at bigint
);
create index campaign_mailings_by_state on campaign_mailings (state, next_at);

-- Records that an administrator lets a team, a role or a person see or change beside what their role says.
create table sharing_rules (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    record_type text collate "C" not null,
    condition text,
    along text,
    access text collate "C" not null,
    team_id text,
    role text collate "C",
    user_id text,
    active boolean
);
create index sharing_rules_by_name_folded on sharing_rules (name_folded, id);
create index sharing_rules_by_team_id on sharing_rules (team_id);
create index sharing_rules_by_user_id on sharing_rules (user_id);

create table sharing_rules_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    record_type text collate "C" not null,
    condition text,
    along text,
    access text collate "C" not null,
    team_id text,
    role text collate "C",
    user_id text,
    active boolean,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index sharing_rules_history_superseded on sharing_rules_history (superseded_at);
