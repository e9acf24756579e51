"""A bank's statement from the command line: each row is answered, and nothing but finance's token opens the door."""

from pathlib import Path

from click.testing import CliRunner, Result

from service.cli import cli
from service.demo import staged

ROWS = "日期,金额,流水号,对方户名\n2026-01-22,-5.00,B-1,某公司\n2026-01-22,五元,B-2,某公司\n"


def test_every_row_is_answered_and_what_is_left_over_is_told_by_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "流水.csv").write_text(ROWS, "gb18030")
    with staged(tmp_path / "world", tick_s=600) as (run, tokens):

        def ask(who: str, *words: str) -> Result:
            (tmp_path / "token").write_text(tokens[who])
            given = ["payments", "statement", str(tmp_path / "流水.csv"), "--base-url", run.url]
            return CliRunner().invoke(cli, [*given, "--token", str(tmp_path / "token"), *words])

        read = ask("finance", "--book")
        assert read.exit_code == 1, read.output
        assert "B-1  5.00  ROW_NO_MATCH" in read.output
        assert "BAD_FORMAT" in read.output
        refused = ask("lead")
        assert refused.exit_code == 2
        assert "ROLE_FORBIDDEN" in refused.output
