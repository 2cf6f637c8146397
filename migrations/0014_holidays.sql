-- Working hours: the country whose public holidays are days off.

alter table rep_calendars add column holidays text collate "C";
alter table rep_calendars_history add column holidays text collate "C";
