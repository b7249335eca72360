"""Every threshold of the diagnosis, with what is compared with it and where it comes from.

They were set on the digits of the gallery (docs/checks/diagnosis.md), mended on a first cut of
CIFAR-10, and then frozen; they are judged on a second cut of other classes. "The course" is CS231n,
Neural Networks part 3.
"""

# Pace. Update / weights of the middle layer at its highest. The course: about 1e-3, and 1e-2 in its
# own example; healthy runs of the gallery stay below 2e-2.
UPDATE_HIGH = 3e-2
UPDATE_LOW = 1e-4  # a tenth of the course's
STILL = 1e-9  # of a layer that does not move; float32 rounds at 6e-8 of a weight
EXPLODE = 3.0  # loss over its first value (the course, Hyperparameter search)
# Steps below which guessing to the end says only that it was short. A default training has 1,500;
# trainings of the gallery that guess had 320.
BRIEF = 100
# Fall of the loss in the last third over its mean: 1 is a straight line, 0 a curve at rest. In the
# gallery 1.5 after 2 epochs, up to 0.6 in healthy runs of 10.
PACE = 0.9
REST = 0.25  # hardly falls any more: one-cycle ends at 0.2 in healthy runs, a constant rate at 0.5
JUMP = 0.5  # largest rise of the training loss over its whole fall; healthy runs below 0.2
RISE = 0.05  # the same over the loss of knowing nothing, or a loss that hardly moves seems to jump
WOBBLE = 0.1  # mean late step of the validation accuracy against its trend; healthy below 0.05
# Images in a batch. The course: 32 to 256; the noise of a step falls with the root of the batch.
BATCH = 4

# Weights. First ones of a hidden layer over He's. He et al., ICCV 2015: 1; Glorot & Bengio, AISTATS
# 2010: 0.7; 5 times over five layers is 3,000 times. The course's 0.01 randn over 500 units is 0.16
# of He's and vanishes within ten layers.
SCALE_HIGH, SCALE_LOW = 5.0, 0.1
# Share of a layer's units that are 0 for all of 64 images. Healthy runs of the gallery have up to
# 0.6; what is left carries nothing above 0.95.
DEAD = 0.95
FROZEN = 0.5  # share of frozen weights without pretraining: more than half of them stay random
PENALTY = 1.0  # penalty over the data's loss before training: above it small weights are the aim
TINY = 30  # weights for each class: a linear one of 5 x 5 pixels has 26, healthy networks 500
DROPOUT = 0.8  # Srivastava et al., JMLR 2014, figure 9: error rises from 0.6 to 0.8 on

# Images and labels. What the first kernel sees: scaled pixels lie within 1, standardized ones
# within 5; their range is 1 or 2, and scaled twice 0.004.
INPUT_HIGH, INPUT_LOW = 20.0, 0.05
# Mean share of the commonest class in a batch. 32 shuffled images: 0.2 of ten classes, 0.57 of two;
# sorted: 1.
PURITY = 0.9
OVERLAP = 0.01  # share of validation images in training: above it they are no test
# Share of validation images with one and the same answer; healthy runs of the gallery stay below
# 0.4 after half of the epochs.
COLLAPSE = 0.9
# Accuracy on the quarter of the images that the model is surest of, at its best. Healthy runs of
# the digits reach 0.97; with 40 % wrong labels 0.66 is the most.
SURE = 0.8
SURE_ALONE = 0.7  # where nothing is known of neighbours; healthy ones of CIFAR-10 reach 0.74
# Accuracy above chance of 15 most similar images that vote, over that of one: up to 1.25, with 40 %
# wrong labels 1.44 to 1.87.
VOTES = 1.35
# Training images whose most similar one has their class, above chance: below it thumbnails say too
# little to judge a change.
VISIBLE = 0.1
# The same of augmented images over that of plain ones. On the digits light augmentation keeps 0.45
# and an absurd one 0.02; on the first cut of CIFAR-10 0.9, and 0.3 to 0.5.
KEPT = 0.35
KEPT_SOME = 0.6  # where training also does worse than the most similar plain image
# Accuracy while training above chance, over that of the most similar plain image: 0.4 under an
# absurd augmentation, healthy runs above 0.5.
BELOW = 0.45
# Accuracy on plain training images less that as trained: dropout of 0.1 and light augmentation cost
# up to 0.15.
HELD_DOWN = 0.2

# Scores. Accuracy on training images: a network that fits has learned what it is shown.
POOR = 0.75
# Accuracy on plain training images less validation's: two standard errors of the difference of 300
# and 500 images at 0.85 are 0.05.
GAP = 0.07
INTERVAL = 0.1  # half of Wilson's 95 % interval: wider than what most changes of settings bring
