import numpy as np

from kit import evaluation


def test_one_sigmoid_column_is_the_second_class():
    rows = evaluation.both_columns(np.array([[0.0], [0.25], [1.0]], np.float32))
    np.testing.assert_array_equal(rows, [[1, 0], [0.75, 0.25], [0, 1]])


def test_two_columns_stay_as_they_are():
    rows = np.array([[0.25, 0.75]], np.float32)
    np.testing.assert_array_equal(evaluation.both_columns(rows), rows)


def test_probabilities_come_in_the_order_of_the_data_set():
    class Echo:  # answers with the mean of the image, so that every answer names its image
        def predict(self, dataset, verbose):
            return np.concatenate([batch.mean(axis=(1, 2, 3))[:, None] for batch, _ in dataset])

    images = np.arange(6, dtype=np.float32)[:, None, None, None] * np.ones((1, 2, 2, 3)) / 10
    batches = [(images[:4], None), (images[4:], None)]
    rows = evaluation.probabilities(Echo(), batches)
    np.testing.assert_allclose(rows[:, 1], np.arange(6) / 10)
    np.testing.assert_allclose(rows.sum(axis=1), 1)


def test_a_keras_model_is_asked_in_the_order_of_a_tf_data_set():
    import keras
    import tensorflow as tf

    mean = keras.layers.GlobalAveragePooling2D()
    model = keras.Sequential([keras.Input((2, 2, 1)), mean])
    images = tf.range(7, dtype=tf.float32)[:, None, None, None] * tf.ones((1, 2, 2, 1)) / 10
    dataset = tf.data.Dataset.from_tensor_slices((images, tf.zeros(7))).batch(3)
    rows = evaluation.probabilities(model, dataset)
    assert rows.dtype == np.float64
    np.testing.assert_allclose(rows[:, 1], np.arange(7) / 10, rtol=1e-6)


def test_predictions_name_file_truth_answer_and_second_answer_with_their_probabilities():
    rows = np.array([[0.1, 0.2, 0.7], [2 / 3, 1 / 3, 0]])
    names = ("سگ", "cat", "cow")
    table = evaluation.predictions(["سگ/a.jpg", "b,c.jpg"], np.array([0, 0]), rows, names)
    assert table.to_dict("split")["data"] == [
        ["سگ/a.jpg", "سگ", "cow", 0.7, 0.1, "cat", 0.2],
        ["b,c.jpg", "سگ", "سگ", 0.666667, 0.666667, "cat", 0.333333],
    ]
    columns = "file true predicted probability true_probability second second_probability"
    assert list(table.columns) == columns.split()


def test_the_score_of_an_answer_is_not_called_its_probability():
    rows = np.array([[-3.0, 7.1], [0.0, -2.0]])
    files, true = ["a.jpg", "b.jpg"], np.array([0, 0])
    table = evaluation.predictions(files, true, rows, ("cat", "dog"), are_probabilities=False)
    assert list(table.columns)[3:] == ["score", "true_score", "second", "second_score"]
    assert table["predicted"].tolist() == ["dog", "cat"]
    assert table["score"].tolist() == [7.1, 0.0]
    assert table["true_score"].tolist() == [-3.0, 0.0]
