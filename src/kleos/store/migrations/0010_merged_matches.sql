-- Matches with events that a merge has counted otherwise than they came: what undoing the merge has to look at. Nobody
-- may appear in one, because the player who counts as another is left out where that one is.
CREATE TABLE kleos.merged_matches (
    game        text COLLATE "C" NOT NULL,
    match       text COLLATE "C" NOT NULL,
    correction  bigint NOT NULL,
    PRIMARY KEY (correction, game, match)
);
