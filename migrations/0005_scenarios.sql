-- Scenarios of territories: branches made of operations on the versions of a moment, what is said about them, and
-- what reps object to. Places that a territory leaves out although its area holds them.
alter table territory_versions add column excluded_locations text;
alter table territory_versions_history add column excluded_locations text;

create table territory_scenarios (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    state text collate "C" not null,
    note text,
    base_at bigint not null,
    owner_id text,
    copied_from text,
    created_at bigint not null,
    edited_at bigint,
    requested_by text,
    approved_by text,
    publish_at bigint,
    publish_options text,
    blocked text,
    published_at bigint,
    publication text,
    result text,
    reverted_at bigint,
    reversal text
);
create index territory_scenarios_by_state on territory_scenarios (state, publish_at);
create index territory_scenarios_by_name_folded on territory_scenarios (name_folded, id);

create table territory_scenarios_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    name text not null,
    name_folded text collate "C",
    state text collate "C" not null,
    note text,
    base_at bigint not null,
    owner_id text,
    copied_from text,
    created_at bigint not null,
    edited_at bigint,
    requested_by text,
    approved_by text,
    publish_at bigint,
    publish_options text,
    blocked text,
    published_at bigint,
    publication text,
    result text,
    reverted_at bigint,
    reversal text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index territory_scenarios_history_superseded on territory_scenarios_history (superseded_at);

create table scenario_operations (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    scenario_id text not null,
    number bigint not null,
    kind text collate "C" not null,
    title text,
    asked text,
    effect text,
    places bigint,
    made_by text,
    made_at bigint not null,
    undone_at bigint
);
create index scenario_operations_by_scenario_id on scenario_operations (scenario_id, number);

create table scenario_operations_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    scenario_id text not null,
    number bigint not null,
    kind text collate "C" not null,
    title text,
    asked text,
    effect text,
    places bigint,
    made_by text,
    made_at bigint not null,
    undone_at bigint,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index scenario_operations_history_superseded on scenario_operations_history (superseded_at);

create table scenario_comments (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    scenario_id text not null,
    kind text collate "C" not null,
    text text,
    author_id text,
    at bigint not null,
    operation_id text,
    location_id text,
    spot text
);
create index scenario_comments_by_scenario_id on scenario_comments (scenario_id, at);

create table scenario_comments_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    scenario_id text not null,
    kind text collate "C" not null,
    text text,
    author_id text,
    at bigint not null,
    operation_id text,
    location_id text,
    spot text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index scenario_comments_history_superseded on scenario_comments_history (superseded_at);

create table scenario_objections (
    id text not null primary key,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    scenario_id text not null,
    location_id text not null,
    user_id text not null,
    reason text,
    state text collate "C" not null,
    at bigint not null,
    back_to text,
    moved_to text,
    answer text,
    answered_by text,
    answered_at bigint,
    operation_id text
);
create index scenario_objections_by_scenario_id on scenario_objections (scenario_id);
create index scenario_objections_by_user_id on scenario_objections (user_id);

create table scenario_objections_history (
    id text not null,
    version bigint not null,
    recorded_at bigint not null,
    changed_by text,
    change_set text not null,
    salt text not null,
    custom text,
    scenario_id text not null,
    location_id text not null,
    user_id text not null,
    reason text,
    state text collate "C" not null,
    at bigint not null,
    back_to text,
    moved_to text,
    answer text,
    answered_by text,
    answered_at bigint,
    operation_id text,
    superseded_at bigint not null,
    superseded_by text not null,
    removed boolean not null,
    primary key (id, version)
);
create index scenario_objections_history_superseded on scenario_objections_history (superseded_at);

-- Searches for a balance: what was asked, the best so far, what came of it. Drafts beside the records, until one is
-- kept as an operation.
create table scenario_balances (
    id text primary key,
    scenario_id text not null,
    user_id text not null,
    created_at bigint not null,
    -- running, ready, failed, kept
    state text not null,
    job_id text,
    -- JSON: what was asked.
    question text not null,
    -- The operations it rests on, as one text.
    basis text not null,
    -- JSON: the best so far.
    body text
);
create index scenario_balances_by_scenario_id on scenario_balances (scenario_id, created_at);
