"""The tree is RFC 9162's, and its proofs convince without the log."""

from hashlib import sha256

import pytest

from eventstore.merkle import (
    BLOCK_LEVEL,
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    continues,
    includes,
    inclusion_proof,
    node_hash,
    root_of,
    subtree,
)

LEAVES = [sha256(b"\x00" + number.to_bytes(8, "big")).digest() for number in range(700)]


def node(level: int, index: int) -> bytes:
    if level == 0:
        return LEAVES[index]
    return node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of §2.1.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(by_definition(leaves[:half]), by_definition(leaves[half:]))


@pytest.mark.parametrize("size", [*range(20), 255, 256, 257, 511, 512, 513, 700])
def test_all_ways_to_the_root_agree(size: int) -> None:
    tree = Tree()
    tree.extend(LEAVES[:size])
    assert tree.root() == root_of(LEAVES[:size]) == subtree(0, size, node) == by_definition(LEAVES[:size])


def test_the_growing_tree_hands_out_its_complete_parts() -> None:
    parts: dict[tuple[int, int], bytes] = {}
    tree = Tree(lambda level, index, value: parts.__setitem__((level, index), value))
    tree.extend(LEAVES)
    assert parts == {key: node(*key) for key in [(BLOCK_LEVEL, 0), (BLOCK_LEVEL, 1), (BLOCK_LEVEL + 1, 0)]}


def test_every_leaf_of_every_small_tree_can_be_proved_and_no_other() -> None:
    for size in range(1, 20):
        root = root_of(LEAVES[:size])
        for index in range(size):
            proof = inclusion_proof(index, size, node)
            assert includes(LEAVES[index], index, size, proof, root)
            assert not includes(LEAVES[index + 1], index, size, proof, root)
            assert not includes(LEAVES[index], (index + 1) % size, size, proof, root) or size == 1
            assert not includes(LEAVES[index], index, size, [*proof, root], root)


def test_every_small_tree_continues_every_smaller_one_and_no_fork_does() -> None:
    for new in range(1, 20):
        for old in range(1, new + 1):
            proof = consistency_proof(old, new, node)
            assert continues(old, new, proof, root_of(LEAVES[:old]), root_of(LEAVES[:new]))
            fork = [*LEAVES[: old - 1], LEAVES[99]]
            assert not continues(old, new, proof, root_of(fork), root_of(LEAVES[:new]))
