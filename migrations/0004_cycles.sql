-- Plans of weeks for several reps: what was asked, how far the search is, what it found. Drafts until accepted;
-- accepting writes plans and visits, which are records.
create table cycles (
    id text primary key,
    user_id text not null,
    created_at bigint not null,
    first_day text not null,
    last_day text not null,
    -- planning, ready, failed, accepted
    state text not null,
    job_id text,
    -- The cycle this one is a "what if" of.
    parent_id text,
    -- JSON: people, seed, steps, what is fixed by hand.
    question text not null,
    -- JSON: slots and visits as the solver got them; with the map and the seed they give the plan again.
    problem text,
    -- JSON: the plan, the best so far while it is being planned.
    body text,
    -- Of accepting it.
    change_set text
);
create index cycles_by_created_at on cycles (created_at);
