"""Load tests: profiles as data, Locust users that call on time, and a folder with all that came of it."""
