-- What an import looks for, chunk by chunk: customers by their number, activities by their subject.
create index accounts_by_number_folded on accounts (number_folded);
create index activities_by_subject_folded on activities (subject_folded);
