"""The tree over positions that binds the order of the log (RFC 9162 §2.1). Pure.

leaf = SHA-256(0x00 || u64be(position) || event hash), node = SHA-256(0x01 || left || right). A complete subtree of
2^level leaves is named by (level, index).
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

BLOCK_LEVEL = 8
BLOCK = 1 << BLOCK_LEVEL
EMPTY_ROOT = sha256(b"").digest()

Node = Callable[[int, int], bytes]
Emit = Callable[[int, int, bytes], None]


def leaf_hash(position: int, event_hash: bytes) -> bytes:
    return sha256(b"\x00" + position.to_bytes(8, "big") + event_hash).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def paired(row: Sequence[bytes]) -> list[bytes]:
    """The level above an even row of nodes."""
    sha = sha256
    return [sha(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over *leaves*, by the definition of §2.1.1."""
    if not leaves:
        return EMPTY_ROOT
    row = list(leaves)
    while len(row) > 1:  # an odd one out rises unpaired: the same tree, level by level
        odd = row.pop() if len(row) % 2 else None
        row = paired(row)
        if odd is not None:
            row.append(odd)
    return row[0]


class Tree:
    """A tree that grows leaf by leaf and keeps only its right edge."""

    def __init__(self, emit: Emit | None = None) -> None:
        self.size = 0
        self._edge: list[tuple[int, bytes]] = []
        self._block: list[bytes] = []
        self._emit = emit

    def copy(self, emit: Emit | None = None) -> "Tree":
        other = Tree(emit)
        other.size, other._edge, other._block = self.size, list(self._edge), list(self._block)
        return other

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self._block.append(leaf)
            self.size += 1
            if len(self._block) == BLOCK:
                self._close_block()

    def _close_block(self) -> None:
        node, level, index = root_of(self._block), BLOCK_LEVEL, (self.size >> BLOCK_LEVEL) - 1
        self._block = []
        self._told(level, index, node)
        while self._edge and self._edge[-1][0] == level:
            node, level, index = node_hash(self._edge.pop()[1], node), level + 1, index >> 1
            self._told(level, index, node)
        self._edge.append((level, node))

    def _told(self, level: int, index: int, node: bytes) -> None:
        if self._emit is not None:
            self._emit(level, index, node)

    def root(self) -> bytes:
        parts = [node for _, node in self._edge] + ([root_of(self._block)] if self._block else [])
        if not parts:
            return EMPTY_ROOT
        root = parts.pop()
        while parts:
            root = node_hash(parts.pop(), root)
        return root


def subtree(start: int, end: int, node: Node) -> bytes:
    """The hash over leaves start..end-1; complete aligned parts come from *node*."""
    count = end - start
    if count == 0:
        return EMPTY_ROOT
    if count & (count - 1) == 0 and start % count == 0:
        level = count.bit_length() - 1
        return node(level, start >> level)
    half = _split(count)
    return node_hash(subtree(start, start + half, node), subtree(start + half, end, node))


def _split(count: int) -> int:
    """The largest power of two smaller than *count*."""
    return 1 << ((count - 1).bit_length() - 1)


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """PATH(index, D[size]) of §2.1.3.1; *index* = position - 1."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        half = start + _split(end - start)
        if index < half:
            proof.append(subtree(half, end, node))
            end = half
        else:
            proof.append(subtree(start, half, node))
            start = half
    return proof[::-1]


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether *leaf* stands at *index* under *root* (§2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            node = node_hash(sibling, node)
            while here & 1 == 0 and here:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and node == root


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """PROOF(old, D[new]) of §2.1.4.1."""
    if not 0 < old <= new:
        raise ValueError("a proof leads from a smaller tree to a larger one")
    return [] if old == new else _subproof(old, 0, new, True, node)


def _subproof(old: int, start: int, end: int, known: bool, node: Node) -> list[bytes]:
    count = end - start
    if old == count:
        return [] if known else [subtree(start, end, node)]
    half = _split(count)
    if old <= half:
        return [*_subproof(old, start, start + half, known, node), subtree(start + half, end, node)]
    return [*_subproof(old - half, start + half, end, False, node), subtree(start, start + half, node)]


def continues(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the tree of *new* leaves only adds to the tree of *old* (§2.1.4.2)."""
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while here & 1 == 0 and here:
                here, last = here >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
