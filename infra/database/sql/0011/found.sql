-- A subject is found by its key. Nothing asks for this index, but a planner without statistics preferred it, and read a whole
-- partition to find the subjects of one poll.
drop index stream.subject_rulebook;
