"""The libraries that draw. A house may run without one of them, and then says which is not installed."""

from importlib.util import find_spec


class NotInstalled(Exception):
    """*component* is what people call it: PDF, Word, Excel."""

    def __init__(self, component: str) -> None:
        super().__init__(f"{component} 组件未安装 · the {component} component is not installed")
        self.component = component


def require(component: str, *modules: str) -> None:
    """Raises NotInstalled unless every one of *modules* can be imported."""
    if any(find_spec(module) is None for module in modules):
        raise NotInstalled(component)
