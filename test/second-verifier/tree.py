"""The Merkle tree of RFC 6962 section 2.1, and the two checks of RFC 9162 (2.1.3.2 and 2.1.4.2)."""

from forms import sha256


def leaf_hash(data):
    return sha256(b"\x00", data)


def node_hash(left, right):
    return sha256(b"\x01", left, right)


class Frontier:
    """Complete subtrees of a growing tree, largest first."""

    def __init__(self, size=0, nodes=()):
        self.size = size
        self.nodes = list(nodes)

    def grow(self, leaf):
        node, size = leaf, self.size
        while size % 2 == 1:
            node = node_hash(self.nodes.pop(), node)
            size //= 2
        self.nodes.append(node)
        self.size += 1

    def root(self):
        if not self.nodes:
            return sha256(b"")
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root


def includes(leaf, index, size, proof, root):
    """Whether the audit path leads from a leaf to the root."""
    if not 0 <= index < size:
        return False
    fn, sn, found = index, size - 1, leaf
    for node in proof:
        if sn == 0 or len(node) != 32:
            return False
        if fn % 2 == 1 or fn == sn:
            found = node_hash(node, found)
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn // 2, sn // 2
        else:
            found = node_hash(found, node)
        fn, sn = fn // 2, sn // 2
    return sn == 0 and found == root


def extends(first, first_root, second, second_root, proof):
    """Whether the tree of `first` leaves is shown to be a prefix of the tree of `second`."""
    if not 1 <= first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    path = ([first_root] if first & (first - 1) == 0 else []) + list(proof)
    if not path or any(len(node) != 32 for node in path):
        return False
    fn, sn = first - 1, second - 1
    while fn % 2 == 1:
        fn, sn = fn // 2, sn // 2
    old = new = path[0]
    for node in path[1:]:
        if sn == 0:
            return False
        if fn % 2 == 1 or fn == sn:
            old, new = node_hash(node, old), node_hash(node, new)
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn // 2, sn // 2
        else:
            new = node_hash(new, node)
        fn, sn = fn // 2, sn // 2
    return sn == 0 and old == first_root and new == second_root
