-- What a scenario costs when its weeks are planned: the newest answer for each scenario. Drafts beside the records.
create table scenario_prices (
    scenario_id text primary key,
    user_id text not null,
    created_at bigint not null,
    -- running, ready, failed
    state text not null,
    job_id text,
    -- JSON: what was asked.
    question text not null,
    -- The operations it rests on, as one text.
    basis text not null,
    -- JSON: what came of it.
    body text
);
