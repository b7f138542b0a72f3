-- A delivery that changes an earlier post of ours: where its answer is lost, the same change is made again, and nothing new
-- is posted.

ALTER TABLE outbox ADD COLUMN edit_of TEXT; -- the post, by the platform's id; noted before the platform is called
