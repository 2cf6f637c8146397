-- Privacy: that people were erased, and how long people are kept.

create table erasures (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    subject_type text collate "C" not null,
    subject_id text not null,
    reason text,
    erased_at bigint not null,
    requested_by text,
    records bigint,
    counts text,
    erasure_set text
);
create index erasures_by_subject_id on erasures (subject_id);

create table erasures_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    subject_type text collate "C" not null,
    subject_id text not null,
    reason text,
    erased_at bigint not null,
    requested_by text,
    records bigint,
    counts text,
    erasure_set text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index erasures_history_superseded on erasures_history (superseded_at);

create table retention_rules (
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
    days bigint not null,
    filter text,
    active boolean
);
create index retention_rules_by_name_folded on retention_rules (name_folded, id);

create table retention_rules_history (
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
    days bigint not null,
    filter text,
    active boolean,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index retention_rules_history_superseded on retention_rules_history (superseded_at);

-- People that a rule proposed and somebody decided to keep, until when and why. No names.
create table retention_holds (
    record_type text not null,
    record_id text not null,
    until bigint not null,
    user_id text not null,
    at bigint not null,
    primary key (record_type, record_id)
);
