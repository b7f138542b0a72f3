-- What a manager's calendar asks for, open calls and those that took place, is found without a walk of the table.

CREATE INDEX call_of_person ON call (person_id, starts_at) WHERE state IN ('wished', 'proposed', 'agreed', 'held');
