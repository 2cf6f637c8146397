-- Long lists begin at once in the orders that people ask for, also of those who may see only a part of them: without an
-- index every row is read, and its rights asked, before the first page is known.
create index accounts_by_annual_revenue on accounts (annual_revenue, id);
create index opportunities_by_close_date on opportunities (close_date, id);
create index opportunities_by_amount on opportunities (amount, id);
create index opportunities_by_owner_id on opportunities (owner_id, id);
create index opportunities_by_stage_since on opportunities (stage_since, id);
create index activities_by_due_at on activities (due_at, id);
create index activities_by_happened_at on activities (happened_at, id);
create index activities_by_subject_folded on activities (subject_folded, id);
create index activities_by_owner_alone on activities (owner_id, id);
