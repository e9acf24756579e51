"""The tree over positions that binds the order of the log (RFC 9162 §2.1). Pure.

leaf = H(0x00 || u64be(position) || event hash), node = H(0x01 || left || right), H of the log's `suite`. A complete
subtree of 2^level leaves is named by (level, index).
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

from eventstore.suite import Hash

BLOCK_LEVEL = 8
BLOCK = 1 << BLOCK_LEVEL
EMPTY_ROOT = sha256(b"").digest()

Node = Callable[[int, int], bytes]
Emit = Callable[[int, int, bytes], None]


def leaf_hash(position: int, event_hash: bytes, hashed: Hash = sha256) -> bytes:
    return hashed(b"\x00" + position.to_bytes(8, "big") + event_hash).digest()


def node_hash(left: bytes, right: bytes, hashed: Hash = sha256) -> bytes:
    return hashed(b"\x01" + left + right).digest()


def paired(row: Sequence[bytes], hashed: Hash = sha256) -> list[bytes]:
    """The level above an even row of nodes."""
    return [hashed(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]


def root_of(leaves: Sequence[bytes], hashed: Hash = sha256) -> bytes:
    """The root over *leaves*, by the definition of §2.1.1."""
    if not leaves:
        return hashed(b"").digest()
    row = list(leaves)
    while len(row) > 1:  # an odd one out rises unpaired: the same tree, level by level
        odd = row.pop() if len(row) % 2 else None
        row = paired(row, hashed)
        if odd is not None:
            row.append(odd)
    return row[0]


class Tree:
    """A tree that grows leaf by leaf, or by whole blocks, and keeps only its right edge."""

    def __init__(self, emit: Emit | None = None, hashed: Hash = sha256) -> None:
        self.size = 0
        self._edge: list[tuple[int, bytes]] = []
        self._block: list[bytes] = []
        self._emit, self._hashed = emit, hashed

    def copy(self, emit: Emit | None = None) -> "Tree":
        other = Tree(emit, self._hashed)
        other.size, other._edge, other._block = self.size, list(self._edge), list(self._block)
        return other

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self._block.append(leaf)
            self.size += 1
            if len(self._block) == BLOCK:
                node, self._block = root_of(self._block, self._hashed), []
                self._close_block(node)

    def extend_block(self, node: bytes) -> None:
        """Grow by the 256 leaves that *node* stands for; only where the last block is complete."""
        if self._block:
            raise ValueError("a block begins where the one before it ends")
        self.size += BLOCK
        self._close_block(node)

    def _close_block(self, node: bytes) -> None:
        level, index = BLOCK_LEVEL, (self.size >> BLOCK_LEVEL) - 1
        self._told(level, index, node)
        while self._edge and self._edge[-1][0] == level:
            node, level, index = node_hash(self._edge.pop()[1], node, self._hashed), level + 1, index >> 1
            self._told(level, index, node)
        self._edge.append((level, node))

    def _told(self, level: int, index: int, node: bytes) -> None:
        if self._emit is not None:
            self._emit(level, index, node)

    def root(self, further: bytes | None = None) -> bytes:
        """The root; with *further*, what it would be with more leaves of an unfinished block, whose own root that is."""
        last = further or (root_of(self._block, self._hashed) if self._block else None)
        parts = [node for _, node in self._edge] + ([last] if last else [])
        if not parts:
            return self._hashed(b"").digest()
        root = parts.pop()
        while parts:
            root = node_hash(parts.pop(), root, self._hashed)
        return root


def subtree(start: int, end: int, node: Node, hashed: Hash = sha256) -> bytes:
    """The hash over leaves start..end-1; complete aligned parts come from *node*."""
    count = end - start
    if count == 0:
        return hashed(b"").digest()
    if count & (count - 1) == 0 and start % count == 0:
        level = count.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(count)
    return node_hash(subtree(start, middle, node, hashed), subtree(middle, end, node, hashed), hashed)


def _split(count: int) -> int:
    """The largest power of two smaller than *count*."""
    return 1 << ((count - 1).bit_length() - 1)


def inclusion_proof(index: int, size: int, node: Node, hashed: Hash = sha256) -> list[bytes]:
    """PATH(index, D[size]) of §2.1.3.1; *index* = position - 1."""
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        half = start + _split(end - start)
        if index < half:
            proof.append(subtree(half, end, node, hashed))
            end = half
        else:
            proof.append(subtree(start, half, node, hashed))
            start = half
    return proof[::-1]


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes, hashed: Hash = sha256) -> bool:
    """Whether *leaf* stands at *index* under *root* (§2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            node = node_hash(sibling, node, hashed)
            while here & 1 == 0 and here:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, sibling, hashed)
        here, last = here >> 1, last >> 1
    return last == 0 and node == root


def consistency_proof(old: int, new: int, node: Node, hashed: Hash = sha256) -> list[bytes]:
    """PROOF(old, D[new]) of §2.1.4.1."""
    if not 0 < old <= new:
        raise ValueError("a proof leads from a smaller tree to a larger one")
    return [] if old == new else _subproof(old, 0, new, True, node, hashed)


def _subproof(old: int, start: int, end: int, known: bool, node: Node, hashed: Hash) -> list[bytes]:
    count = end - start
    if old == count:
        return [] if known else [subtree(start, end, node, hashed)]
    half = _split(count)
    middle = start + half
    if old <= half:
        return [*_subproof(old, start, middle, known, node, hashed), subtree(middle, end, node, hashed)]
    return [*_subproof(old - half, middle, end, False, node, hashed), subtree(start, middle, node, hashed)]


def continues(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes, hashed: Hash = sha256
) -> bool:
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
            first, second = node_hash(sibling, first, hashed), node_hash(sibling, second, hashed)
            while here & 1 == 0 and here:
                here, last = here >> 1, last >> 1
        else:
            second = node_hash(second, sibling, hashed)
        here, last = here >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
