"""The annexe's screens, one file a screen, each with `routes(office)`; `application.build` puts them together."""
