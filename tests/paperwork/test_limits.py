"""Drawing happens in a child process that has only so much time and memory, and leaves nothing behind."""

import gc
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from paperwork import components, pdf
from paperwork.components import NotInstalled
from paperwork.document import Document, Text
from paperwork.pdf import RenderingFailed, render
from tests.paperwork.specimen import paper

HUGE = paper(Text(text="申报书" * 200_000))


def test_a_paper_that_takes_too_long_is_given_up_and_its_process_is_gone() -> None:
    began = time.monotonic()
    with pytest.raises(RenderingFailed) as failed:
        render(HUGE, timeout_s=1)
    assert failed.value.reason == "timeout"
    assert time.monotonic() - began < 5
    assert _children() == []


def test_a_paper_that_takes_too_much_memory_is_given_up() -> None:
    with pytest.raises(RenderingFailed) as failed:
        render(HUGE, memory_mb=200)
    assert failed.value.reason == "memory"
    assert _children() == []


@pytest.mark.parametrize("memory_mb", [1, 20, 60])
def test_less_memory_than_the_libraries_need_is_said_to_be_memory(memory_mb: int) -> None:
    with pytest.raises(RenderingFailed) as failed:
        render(paper(Text(text="甲")), memory_mb=memory_mb)
    assert failed.value.reason == "memory"


def test_the_time_of_the_processor_is_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if nobody waited for the child, the kernel would end it."""
    monkeypatch.setattr(pdf, "_GRACE_S", -59)
    with pytest.raises(RenderingFailed) as failed:
        render(HUGE, timeout_s=60)
    assert failed.value.reason == "timeout"


def test_a_hundred_papers_leave_the_parent_as_it_was() -> None:
    """The library never forgets what it has drawn; the process that draws does."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(render, (_letter(number) for number in range(6))))
    gc.collect()
    before = _resident_kb()
    with ThreadPoolExecutor(2) as pool:
        drawn = {each.sha256 for each in pool.map(render, (_letter(number) for number in range(100)))}
    assert len(drawn) == 100
    gc.collect()
    assert _resident_kb() - before < 8_000
    assert _children() == []


def test_nothing_is_left_in_the_folder_for_passing_things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    render(paper(Text(text="甲")))
    with pytest.raises(RenderingFailed):
        render(HUGE, timeout_s=0.5)
    assert list(tmp_path.iterdir()) == []


def test_a_house_without_the_component_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "find_spec", lambda _: None)
    with pytest.raises(NotInstalled, match="PDF 组件未安装"):
        render(paper(Text(text="甲")))


def _letter(number: int) -> Document:
    return paper(Text(text=f"申报书 {number} " + "甲乙丙丁" * 50))


def _children() -> list[int]:
    return [int(one) for one in Path("/proc/thread-self/children").read_text().split()]


def _resident_kb() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))
