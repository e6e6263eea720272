"""Sources: whatever gives values in chunks gives all of them, a bounded piece at a time, as often as it says."""

import subprocess
import sys

import dask.array
import dask.bag
import dask.dataframe
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import mlecore as mle

X = np.random.default_rng(0).integers(0, 1000, 3001).astype(float)
TABLE = pd.DataFrame({"a": X, "b": -X, "y": X > 500, "w": 1.0 + X % 2})


SMALL = dask.dataframe.from_pandas(TABLE[:40], npartitions=2)
LAZY = dask.array.from_array(X[:40], chunks=20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("sources")
    X.tofile(path / "x.bin")
    X.astype(">i4").tofile(path / "big.bin")
    np.save(path / "x.npy", X)
    TABLE.to_parquet(path / "x.parquet", row_group_size=700)
    for kind in ("npy", "parquet"):
        whole = (path / f"x.{kind}").read_bytes()
        for name, content in (("cut", whole[:2000]), ("empty", b""), ("other", b"not of them")):
            (path / f"{name}.{kind}").write_bytes(content)
    np.save(path / "objects.npy", np.array([None]), allow_pickle=True)
    np.save(path / "one.npy", 3.0)
    return path


def every_value(folder):
    raw, frame = folder / "x.bin", dask.dataframe.from_pandas(TABLE, npartitions=3)
    lazy = dask.array.from_array(X, chunks=(1000,))
    return {
        "array": mle.chunks(X, size=500),
        "map": mle.chunks(np.memmap(raw, dtype=float), size=500),
        "part of a map": mle.chunks(np.memmap(raw, dtype=float)[0:], size=500),
        "raw file": mle.chunks(raw, dtype=float, size=500),
        "raw file of other numbers": mle.chunks(folder / "big.bin", dtype=">i4", size=500),
        "npy": mle.chunks(str(folder / "x.npy"), size=500),
        "parquet": mle.chunks(folder / "x.parquet", column="a", size=500),
        "list": mle.chunks(np.array_split(X, 4), size=500),
        "lists of numbers": mle.chunks([X[:10].tolist(), X[10:].tolist()], size=500),
        "function": mle.chunks(lambda: (part for part in np.array_split(X, 4)), size=500),
        "generator": mle.chunks(iter(np.array_split(X, 4)), size=500),
        "series": mle.chunks(TABLE["a"], size=500),
        "table": mle.chunks(TABLE, column="a", size=500),
        "tables": mle.chunks([TABLE[:1000], TABLE[1000:]], column="a", size=500),
        "dask array": mle.chunks(lazy, size=500),
        "dask column": mle.chunks(frame["a"], size=500),
        "dask frame": mle.chunks(frame, column="a", size=500),
        "dask array of unknown chunks": mle.chunks(frame["a"].values, size=500),
    }


def test_every_source_gives_all_values_in_pieces_of_the_size_asked_for(folder):
    for name, source in every_value(folder).items():
        pieces = list(source.pieces())
        np.testing.assert_array_equal(np.concatenate([p.values for p in pieces]), X, name)
        assert max(p.values.size for p in pieces) <= 500, name
        assert source.length in (None, X.size), name
        assert source.passes == 1, name


def test_a_total_is_the_same_wherever_it_is_taken_and_counts_as_a_pass(folder):
    for name, source in every_value(folder).items():
        assert source.total(lambda piece: piece.values.sum()) == X.sum(), name
        assert source.passes == 1, name


def test_weights_come_in_pairs_beside_arrays_or_as_a_column(folder):
    w = TABLE["w"].to_numpy()
    lazy = dask.array.from_array(X, chunks=(1000,))
    frame = dask.dataframe.from_pandas(TABLE, npartitions=3)
    for source in (
        mle.chunks([(X[:9], w[:9]), (X[9:], w[9:])]),
        mle.chunks(X, weights=w, size=500),
        mle.chunks(folder / "x.parquet", column="a", weights="w", size=500),
        mle.chunks(TABLE, column="a", weights="w"),
        mle.chunks(lazy, weights=dask.array.from_array(w, chunks=(700,))),
        mle.chunks(frame, column="a", weights="w"),
        mle.chunks(frame["a"], weights=frame["w"]),
    ):
        assert source.total(lambda piece: piece.values @ piece.weights) == X @ w


def test_rows_of_a_regression_come_by_name_or_as_tuples(folder):
    w, y = TABLE["w"].to_numpy(), TABLE["y"].to_numpy()
    both = TABLE[["a", "b"]]
    frame = dask.dataframe.from_pandas(TABLE, npartitions=3)
    for source, names in (
        (mle.chunks(folder / "x.parquet", y="y", weights="w", size=500), ("a", "b")),
        (mle.chunks(folder / "x.parquet", column=["a", "b"], y="y", weights="w"), ("a", "b")),
        (mle.chunks(TABLE, y="y", weights="w", size=500), ("a", "b")),
        (mle.chunks(frame, y="y", weights="w"), ("a", "b")),
        (mle.chunks([(both, y, w)]), ("a", "b")),
        (mle.chunks([(both.to_numpy(), y, w)]), None),
        (mle.chunks(both.to_numpy(), y=y, weights=w, size=500), None),
    ):
        rows = list(source.rows())
        assert {r.names for r in rows} == {names}
        np.testing.assert_array_equal(np.vstack([r.X for r in rows]), both)
        np.testing.assert_array_equal(np.concatenate([r.y for r in rows]), y)
        np.testing.assert_array_equal(np.concatenate([r.weights for r in rows]), w)


def test_partly_seen_values_are_cut_too():
    seen = mle.observed(X, right=X > 900)
    pieces = list(mle.chunks([seen, seen[:5]], size=1000).pieces())
    assert [len(p.partly) for p in pieces] == [1000, 1000, 1000, 1, 5]
    assert np.array_equal(pieces[1].partly.lower, seen.lower[1000:2000])


def test_a_generator_is_read_once_and_its_second_reading_says_what_to_give():
    source = mle.chunks(part for part in [X])
    assert source.once
    list(source.pieces())
    with pytest.raises(mle.DataError, match=r"give chunks a function that makes the iterator anew"):
        list(source.pieces())


def test_an_error_says_where_in_its_chunk_and_where_of_all():
    with pytest.raises(mle.DataError, match=r"index 1 of chunk 2, and index 4 of the whole source"):
        list(mle.chunks([[1.0], [1.0, 2.0], np.array([1.0, "a"], dtype=object)]).pieces())
    error = mle.DataError("wrong").at((7,))
    piece = list(mle.chunks([X[:1000], X[1000:]], size=500).pieces())[3]
    said = str(piece.place.told(error))
    assert said.endswith("(that is index 507 of chunk 1, and index 1,507 of the whole source)")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda f: mle.chunks(f / "x.bin"), "dtype="),
        (lambda f: mle.chunks(f / "x.bin", dtype="S3"), "one of real numbers"),
        (lambda f: mle.chunks(f / "x.bin", dtype="f4,f8"), "one of real numbers"),
        (lambda f: mle.chunks(f / "x.parquet", column="z"), "its columns are a, b, y, w"),
        (lambda f: mle.chunks(5), "a source is an array, a path"),
        (lambda f: mle.chunks(X, size=0), "size must be a whole number"),
        (lambda f: mle.chunks(X, dtype=float), "dtype says what a raw file holds"),
        (
            lambda f: list(mle.chunks([1.0, 2.0]).pieces()),
            "chunk 0 of the source is a single number",
        ),
        (
            lambda f: list(mle.chunks([X, (X, X, X)]).pieces()),
            "chunk 1 of the source is a tuple of 3",
        ),
        (lambda f: list(mle.chunks([(X, X[1:])]).pieces()), "one weight for each value"),
        (lambda f: list(mle.chunks([X]).rows()), "no rows of a regression"),
        (lambda f: list(mle.chunks(TABLE).pieces()), "which column"),
        (lambda f: mle.chunks(dask.bag.from_sequence([1, 2])), "not a Bag"),
        (lambda f: mle.chunks(dask.array.from_array(X), weights=X), "or Dask's too"),
    ],
)
def test_what_is_no_source_is_refused_with_what_to_give(folder, wrong, said):
    with pytest.raises(mle.DataError, match=said):
        wrong(folder)


@pytest.mark.parametrize("name", ["cut.npy", "empty.npy", "other.npy", "objects.npy", "one.npy"])
def test_a_broken_file_of_numpy_is_refused_in_words(folder, name):
    with pytest.raises(mle.DataError, match=f"{name} .*(cannot be read|no array with rows)"):
        mle.chunks(folder / name)


@pytest.mark.parametrize("name", ["cut.parquet", "empty.parquet", "other.parquet"])
def test_a_broken_file_of_parquet_is_refused_in_words(folder, name):
    with pytest.raises(mle.DataError, match=f"{name} cannot be read as a Parquet file"):
        mle.chunks(folder / name, column="a")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda f: mle.chunks(f / "x.npy", dtype="u1"), "holds float64, not uint8"),
        (lambda f: mle.chunks(f / "x.npy", dtype="foo"), "no type of numbers"),
        (lambda f: mle.chunks(f / "x.parquet", dtype="u1"), "leave dtype out"),
        (lambda f: mle.chunks(f / "x.parquet", column="a", dtype=float), "leave dtype out"),
        (lambda f: mle.chunks([f / "x.parquet", f / "x.npy"], column="a"), "different kinds"),
        (lambda f: mle.chunks(f, dtype=float), "a folder"),
        (lambda f: mle.chunks(LAZY, dtype=float), "dtype says"),
        (lambda f: mle.chunks(f / "x.parquet", column=3), "list of names, got 3"),
        (lambda f: mle.chunks(TABLE, column=[]), "an empty list"),
        (lambda f: mle.chunks(mle.chunks(X), size=3), "a source already: say size"),
        (lambda f: mle.chunks(X, column="a"), "column='a': .* an array has none"),
        (lambda f: mle.chunks(f / "x.npy", weights="w"), "a .npy file has none"),
        (lambda f: mle.chunks(f / "x.bin", dtype=float, y="y"), "a raw file has none"),
        (lambda f: mle.chunks(f / "x.bin", dtype=float, weights=X), "weights beside a file"),
        (lambda f: mle.chunks(f / "x.parquet", column="a", weights=X), "weights beside a file"),
        (lambda f: mle.chunks(LAZY, weights="w"), "Dask's Array has none"),
        (lambda f: mle.chunks(SMALL["a"], column="a"), "Dask's Series has none"),
        (
            lambda f: mle.chunks(SMALL, column="a", weights=SMALL["w"] + 1),
            "others beside it has none",
        ),
        (lambda f: list(mle.chunks([X], weights="w").pieces()), "chunk 0 .* a ndarray, has none"),
        (lambda f: list(mle.chunks([(X, X)], column="a").pieces()), "a tuple, has none"),
        (lambda f: list(mle.chunks(X, y=X).pieces()), "y is the response of a regression"),
        (lambda f: list(mle.chunks(TABLE, column="a", y="y").pieces()), "leave y out of chunks"),
        (lambda f: mle.Normal.fit(mle.chunks(LAZY, y=LAZY)), "y is the response"),
        (lambda f: list(mle.chunks(X, weights=X).rows()), "no rows of a regression"),
        (lambda f: mle.chunks(LAZY, weights=LAZY[1:]), "x has 40 rows, and weights has 39"),
        (lambda f: mle.chunks(SMALL["a"], weights=SMALL[["w"]]), "give a column, as in frame"),
        (lambda f: mle.chunks(LAZY.sum()), "x has 0 dimensions"),
        (lambda f: mle.chunks(dask.delayed(X)), "not a Delayed"),
    ],
)
def test_what_means_nothing_for_a_source_is_refused(folder, wrong, said):
    with pytest.raises(mle.DataError, match=said):
        wrong(folder)


def test_what_a_file_says_itself_may_be_repeated(folder):
    (piece,) = mle.chunks(folder / "x.npy", dtype=float).pieces()
    np.testing.assert_array_equal(piece.values, X)
    (folder / "npy_by_name_alone").write_bytes((folder / "x.npy").read_bytes())
    (piece,) = mle.chunks(folder / "npy_by_name_alone").pieces()
    np.testing.assert_array_equal(piece.values, X)


def test_labels_of_pandas_must_agree_within_a_chunk_as_in_memory():
    x, turned = TABLE["a"][:9], TABLE["w"][:9][::-1]
    for source in (mle.chunks([(x, x), (x, turned)]), mle.chunks(x, weights=turned)):
        with pytest.raises(mle.DataError, match=r"same labels in another order: give weights.loc"):
            list(source.pieces())
    with pytest.raises(mle.DataError, match="y and X have the same labels"):
        list(mle.chunks([(TABLE[["a"]][:9], turned)]).rows())
    (piece,) = mle.chunks(x, weights=TABLE["w"][:9]).pieces()
    assert piece.weights.sum() == TABLE["w"][:9].sum()


def test_columns_are_found_by_their_place_and_a_wrong_one_is_told_with_its_chunk():
    numbered = pd.DataFrame({3: X})
    (piece,) = mle.chunks(numbered, column="3").pieces()
    np.testing.assert_array_equal(piece.values, X)
    for second, said in (
        (TABLE[["b"]], "chunk 1 of the source has no column 'a'; its columns are b"),
        (TABLE[["a", "a"]], "chunk 1 of the source has two columns 'a'"),
    ):
        with pytest.raises(mle.DataError, match=said):
            list(mle.chunks([TABLE, second], column="a").pieces())


def test_every_chunk_has_rows_of_one_width_and_is_no_sparse_matrix():
    two, three = np.ones((4, 2)), np.ones((4, 3))
    with pytest.raises(mle.DataError, match=r"chunk 1 .* rows of 3 numbers, and .* of 2 numbers"):
        list(mle.chunks([two, three]).pieces())
    with pytest.raises(mle.DataError, match="chunk 0 of the source has a sparse x"):
        list(mle.chunks([scipy.sparse.csr_matrix(two)]).pieces())


def test_a_file_that_ends_within_a_number_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(bytes(17))
    with pytest.raises(mle.DataError, match="no whole number of float64"):
        mle.chunks(tmp_path / "x", dtype=float)


def test_a_large_file_is_read_in_little_memory(tmp_path):
    np.ones(10_000_000).tofile(tmp_path / "x")
    program = """
import resource, sys
import numpy as np
import mlecore as mle
for source in (mle.chunks(sys.argv[1], dtype=float), mle.chunks(np.memmap(sys.argv[1], dtype=float))):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert source.total(lambda piece: piece.values.sum()) == 1e7
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # of 80,000 kB
assert not {"dask", "pandas", "pyarrow"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "x")], check=True)
