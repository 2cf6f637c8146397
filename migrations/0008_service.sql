-- Service: cases with their clocks, queues, service levels, installed products.

create table queues (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    email text,
    kind text collate "C",
    team_id text
);
create index queues_by_name_folded on queues (name_folded, id);
create index queues_by_team_id on queues (team_id);

create table queues_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    email text,
    kind text collate "C",
    team_id text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index queues_history_superseded on queues_history (superseded_at);

create table sla_policies (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    priority text collate "C",
    class text collate "C",
    response_minutes bigint,
    resolve_minutes bigint,
    hours text,
    country text,
    time_zone text not null,
    penalty bigint
);
create index sla_policies_by_name_folded on sla_policies (name_folded, id);

create table sla_policies_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    priority text collate "C",
    class text collate "C",
    response_minutes bigint,
    resolve_minutes bigint,
    hours text,
    country text,
    time_zone text not null,
    penalty bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index sla_policies_history_superseded on sla_policies_history (superseded_at);

create table assets (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    account_id text not null,
    location_id text,
    product_id text,
    serial text,
    serial_folded text collate "C",
    installed_on text collate "C",
    warranty_until text collate "C",
    status text collate "C"
);
create index assets_by_name_folded on assets (name_folded, id);
create index assets_by_account_id on assets (account_id);
create index assets_by_location_id on assets (location_id);
create index assets_by_product_id on assets (product_id);
create index assets_by_serial_folded on assets (serial_folded, id);

create table assets_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    account_id text not null,
    location_id text,
    product_id text,
    serial text,
    serial_folded text collate "C",
    installed_on text collate "C",
    warranty_until text collate "C",
    status text collate "C",
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index assets_history_superseded on assets_history (superseded_at);

create table cases (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    number text collate "C",
    number_folded text collate "C",
    subject text not null,
    subject_folded text collate "C",
    description text,
    kind text collate "C" not null,
    channel text collate "C",
    status text collate "C" not null,
    priority text collate "C",
    account_id text,
    contact_id text,
    location_id text,
    asset_id text,
    queue_id text,
    owner_id text,
    policy_id text,
    resolution text,
    opened_at bigint,
    responded_at bigint,
    resolved_at bigint,
    paused_at bigint,
    respond_due bigint,
    resolve_due bigint,
    escalated_at bigint,
    response_late boolean,
    resolution_late boolean,
    penalty_due bigint,
    response_minutes bigint,
    resolve_minutes bigint,
    hours text,
    country text,
    time_zone text,
    penalty bigint
);
create unique index cases_number_once on cases (number);
create index cases_by_number_folded on cases (number_folded, id);
create index cases_by_subject_folded on cases (subject_folded, id);
create index cases_by_account_id on cases (account_id);
create index cases_by_location_id on cases (location_id);
create index cases_by_asset_id on cases (asset_id);
create index cases_by_queue_id on cases (queue_id);
create index cases_by_owner_id on cases (owner_id);
create index cases_by_policy_id on cases (policy_id);

create table cases_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    number text collate "C",
    number_folded text collate "C",
    subject text not null,
    subject_folded text collate "C",
    description text,
    kind text collate "C" not null,
    channel text collate "C",
    status text collate "C" not null,
    priority text collate "C",
    account_id text,
    contact_id text,
    location_id text,
    asset_id text,
    queue_id text,
    owner_id text,
    policy_id text,
    resolution text,
    opened_at bigint,
    responded_at bigint,
    resolved_at bigint,
    paused_at bigint,
    respond_due bigint,
    resolve_due bigint,
    escalated_at bigint,
    response_late boolean,
    resolution_late boolean,
    penalty_due bigint,
    response_minutes bigint,
    resolve_minutes bigint,
    hours text,
    country text,
    time_zone text,
    penalty bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index cases_history_superseded on cases_history (superseded_at);
