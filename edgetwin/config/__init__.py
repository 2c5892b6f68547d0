"""The only reader of TOML, environment and credentials. One frozen tree; every mistake with file and line."""
