-- The record engine's own tables: change feed, change sets, idempotency keys. Same text for SQLite and
-- PostgreSQL. Column types are only bigint, double precision, text and boolean; times are integer
-- milliseconds since 1970 UTC; every id is text made by the program.
--
-- COMMON COLUMNS OF EVERY RECORD TABLE AND ITS TWIN (later migrations follow this to the letter; the
-- test `check_tables` compares declarations, tables and twins on both engines):
--
--   create table things (
--       id text not null primary key,
--       version bigint not null,               -- 1, 2, 3 …; a deletion uses up a number too
--       recorded_at bigint not null,           -- when this version was written
--       changed_by text,                       -- user id; null for the program itself
--       change_set text not null,              -- the set this version was written in
--       salt text not null,                    -- random, for the digest in the change feed
--       custom text,                           -- JSON object of custom fields, or null
--       valid_from bigint not null,            -- only with [validity]
--       valid_to bigint not null,              -- only with [validity]; open = 9223372036854775807
--       lng double precision,                  -- only with [place]
--       lat double precision,                  -- only with [place]
--       cell bigint,                           -- only with [place]; filled by the engine
--       …one column per declared field, same name…,
--       NAME_folded text collate "C"           -- for each text/long_text/email/phone/url field NAME
--                                              -- with search = true or sort = true; filled by the engine
--   );
--   create table things_history (              -- the twin
--       …the same columns with the same types, `id text not null`, no unique, no references…,
--       superseded_at bigint not null,         -- when the next version, or the deletion, was written
--       superseded_by text not null,           -- the change set that did it
--       removed boolean not null,              -- true: ended by a deletion
--       primary key (id, version)
--   );
--   create index things_history_superseded on things_history (superseded_at);   -- for reads as of a date
--
-- Kind → column type: text long_text choice link date json email phone url opening_hours → text
-- (date: ISO 8601 `2026-07-01`, declared `text collate "C"`); boolean → boolean; integer money instant
-- → bigint; number → double precision. `required = true` may be `not null` in table and twin; other
-- fields must be nullable. `unique = true` → a unique index on the table, never on the twin. Links may
-- be `references other (id)` on the table (immediate, no cascade), never on the twin. A choice or other
-- unfolded text field that is sorted by is declared `text collate "C"`.

create table feed_head (
    one bigint not null primary key check (one = 1),
    seq bigint not null,               -- number of the last change
    at bigint not null,                -- its time; the next one is later
    hash text not null,                -- its chained hash
    validity_noted_until bigint not null -- validities that began or ended before this are in the feed
);

insert into feed_head (one, seq, at, hash, validity_noted_until)
values (1, 0, 0, '0000000000000000000000000000000000000000000000000000000000000000', 0);

create table changes (
    seq bigint not null primary key,   -- 1, 2, 3 … without gaps, in commit order
    at bigint not null,
    author text,                       -- user id; null for the program itself
    cause text not null,               -- api, import, geocode, undo, …
    operation text not null,           -- create, update, delete, erase, begin, end
    record_type text not null,
    record_id text not null,
    version bigint not null,
    change_set text not null,
    caused_by text,                    -- the change set this one is a consequence of
    digest text not null,              -- salted digest of the row, hex; never a value
    hash text not null                 -- sha-256 over the previous hash, this entry and the digest, hex
);
create index changes_record on changes (record_id, version);
create index changes_change_set on changes (change_set, seq);

create table change_sets (
    id text not null primary key,
    opened_at bigint not null,
    closed_at bigint,                  -- null while chunks are still being written
    author text,
    cause text not null,
    label text not null,               -- what a person reads in the history: "Import customers.csv"
    caused_by text,
    undoes text,                       -- the change set this one takes back
    undone_by text,                    -- the change set that took this one back
    entries bigint not null,           -- changes written so far
    first_seq bigint,
    last_seq bigint
);
create index change_sets_opened on change_sets (opened_at);
create index change_sets_caused_by on change_sets (caused_by);

create table idempotency_keys (
    user_id text not null,
    idempotency_key text not null,
    request_digest text not null,      -- the same key with another request is an error
    status bigint,                     -- null while the first request is still being answered
    response text,
    created_at bigint not null,
    primary key (user_id, idempotency_key)
);
create index idempotency_keys_created on idempotency_keys (created_at);
