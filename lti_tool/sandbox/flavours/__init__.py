"""The three flavours: plain is the standard, canvas and moodle hold only departures from it."""
