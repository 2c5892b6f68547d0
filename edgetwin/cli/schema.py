"""Print the JSON schema of the configuration, for editors.

An editor that knows the schema explains every key while you type and marks what is wrong. Write it beside your
configuration, and let the first line of the configuration name it:

  edgetwin schema > edgetwin.schema.json

  #:schema ./edgetwin.schema.json

VS Code reads that line with the extension "Even Better TOML", other editors with the language server Taplo. The
schema is JSON Schema, draft 2020-12. It sees one key at a time; `edgetwin check` sees everything.

Exit codes: 0 always.
"""

import argparse
import json

from edgetwin.config.schema import json_schema


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this verb takes: nothing."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Print the schema."""
    del args
    print(json.dumps(json_schema(), indent=2))
    return 0
