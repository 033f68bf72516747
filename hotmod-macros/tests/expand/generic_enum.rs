enum Tree<T, const N: usize> {
    Leaf([T; N]),
    Node(Box<Tree<T, N>>, Box<Tree<T, N>>),
}
