-- By which absence one goes on whose end was taken back: who declared it can take that back as well.

ALTER TABLE absence ADD COLUMN again INTEGER REFERENCES absence (id);
