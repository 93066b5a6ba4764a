"""What the lesson on classifiers gives to try, answers and asks."""

from __future__ import annotations

from ui.lesson import Experiment, Question


def experiments() -> list[Experiment]:
    """Things to try along the path."""
    return [
        Experiment(
            "In the step Split, choose the random split and look at the bars of the classes in each part; then choose "
            "the stratified one.",
            "Which of the two gives every part the same share of each class?",
            ["The random split", "The stratified split", "Both, exactly"],
            1,
            "A random cut hits the shares only on average. The fewer rows a part has, the further off it can be; with "
            "a rare class a part may miss it altogether. Stratified means: each class is cut by itself.",
            {"step": "split"},
        ),
        Experiment(
            "Take a CSV of your own, copy one of its rows into another line, change a single letter, and upload it.",
            "What happens if nobody notices, and the two rows end up in training and test?",
            ["Nothing", "The test looks better than the model is", "The test looks worse than the model is"],
            1,
            "The model has seen the answer to a test question. The step Data finds such look-alikes, and the step "
            "Split keeps them in one part unless you say otherwise, and lists those that are torn apart.",
            {"step": "data"},
        ),
        Experiment(
            "In the step Data, get the SMS Spam Collection, or take any file with uneven classes; then, in the step "
            "Balance, even out all parts.",
            "87% of the collection is ham. How often is a model right that always says ham, before and after?",
            ["87% and 87%", "87% and 50%", "50% and 50%"],
            1,
            "Before, it is right as often as there is ham, and has never caught a single spam. After, half of the rows "
            "are ham. So a number of right answers says little until you know what guessing would reach.",
            {"step": "balance"},
        ),
        Experiment(
            "With a training done, open the step Test and look at the interval beside the accuracy. Then go back to "
            "Split, make the test part four times as large, train again and look once more.",
            "What becomes of the interval's width?",
            ["It stays", "It is about half as wide", "It is about a quarter as wide"],
            1,
            "The width goes with one over the square root of the number of texts: four times the texts, half the "
            "width. So two classifiers that are one point apart cannot be told apart by a hundred test messages.",
            {"step": "testing"},
        ),
        Experiment(
            "With a training done, open the step Use, choose a threshold for one class, and pull it from 0.5 up to "
            "0.95. Watch both lines on the right.",
            "What happens to that class?",
            ["Precision and recall both rise", "Fewer of its texts are found", "Nothing: the model is the same"],
            1,
            "Recall can only fall: no text that was below the threshold gets above it by raising it. Precision mostly "
            "rises, because what stays is what the model is surest of, but it may also dip. The weights stay as they "
            "are; only the reading of the same probabilities changes.",
            {"step": "using"},
        ),
    ]


def questions() -> dict[str, str]:
    """Questions from the margin of the notes, sections 6.2 to 6.8, with short answers."""
    return {
        "The output layer maps to the specific classes: what does that mean?": "The last layer of a language model is "
        "a matrix that turns one vector into a score for every token of the vocabulary, 50,257 of them in GPT-2. To "
        "classify, it is replaced by a small matrix that turns the same vector into one score for each class: two "
        "for spam and ham. Score number 0 then stands for the first class, number 1 for the second, only because "
        "the training labels say so.",
        "Why would the loss have to be changed for a binary task?": "Two classes could also do with a single output: "
        "one number, squeezed into 0 to 1 by a sigmoid, is the probability of spam, and the loss for that is binary "
        "cross-entropy. That is another formula in another function. With one output for each class, softmax and "
        "the same cross-entropy work for 2, 10 or 50 classes and nothing has to be rewritten. For two classes both "
        "ways are the same model: softmax of two scores is the sigmoid of their difference.",
        "What are validation and test sets again?": "Three parts that share no row. The **training** part is learned "
        "from. The **validation** part is looked at during the work, to choose epochs, rates, layers: your choices "
        "begin to fit it, so its score is a little too good. The **test** part is looked at once, at the end, and "
        "tells how the model does on texts that nobody has seen. Spam filters are graded on tomorrow's messages.",
        "What is a tensor, and why is that structure efficient?": "A block of numbers of one kind with any number of "
        "axes: a vector has one, a matrix two, a batch of 8 messages of 120 tokens is an 8 by 120 tensor. All its "
        "numbers lie next to one another in memory and the same operation is done to all of them at once, which is "
        "what processors, and graphics cards above all, are fast at. For that every message needs the same length: "
        "hence padding.",
        "The DataLoader class: what is this even talking about?": "A data set can say how many examples there are and "
        "hand out number i. A data loader goes through it for you: it shuffles the order, collects a handful of "
        "examples, stacks them into a batch, and gives you one batch after another in a `for` loop. One loader for "
        "each part: training is shuffled, validation and test need not be.",
        "What is the argmax function?": "It gives the *place* of the largest number, not the number: the argmax of "
        "(1.2, 3.4, 0.1) is 1, counted from 0. For a classifier the place is the class. Softmax never changes which "
        "score is largest, so argmax may be taken before it.",
        "Is the model's output the probability scores?": "Not yet. The outputs are logits: any numbers, also negative "
        "ones. Softmax turns them into probabilities that add up to 1.",
        "Why balance the classes, and what does it cost?": "With 87% ham a model does well by always saying ham. "
        "Undersampling drops ham until both are even, so that the gradients speak for both. It throws data away, "
        "and a balanced test part no longer looks like the real stream of messages: accuracy there is not what you "
        "will see in use. Balancing the training part alone avoids the second. Weights in the loss avoid both: nothing "
        "is dropped, and each text of a rare class counts as many times more as its class is rarer. In turn the "
        "probabilities then speak of a world in which all classes are equally common.",
        "Why are labels turned into numbers?": "The loss needs to know which output should have been the largest, and "
        "outputs are counted. The classes, sorted by name, get the numbers 0, 1, 2 and so on; the order means "
        "nothing else.",
        "Why is accuracy not trained directly?": "A small change of a weight leaves almost every answer as it was, "
        "so accuracy stands still and has no slope to follow; once in a while it jumps. Cross-entropy moves with "
        "every change, because it asks how probable the right answer was.",
        "Why the last token?": "With the causal mask a token sees only itself and those before it. The last one is "
        "the only one that has seen the whole message. Careful: with padding the last *place* may hold a pad token; "
        "read the last token that is not padding.",
        "Why may it do better when only the head learns?": "A block that learns from a thousand texts can also learn "
        "them by heart; a head on vectors that stay as they are hardly can. Such a head is called a linear probe. And "
        "much depends on what it reads. Of 1,194 messages of the SMS collection, each judged by a model that had not "
        "learned from it, a head on a summary of all layers got 28 wrong; with the last block learning too, 32; with "
        "the last block and only the mean of the last layer, 40. With many more texts, or with GPT-2, this may turn.",
        "Why is there one best head, but no best block?": "With the vectors fixed, the loss over all weights of a head "
        "has the shape of a bowl: from everywhere it goes down to the same lowest point, so one can go there and stop. "
        "Through a block with its attention and its GELU the same loss has many valleys; where gradient descent ends "
        "depends on where it began, on the order of the texts and on the rate.",
        "How does this training differ from pretraining?": "The same loop, the same optimizer, cross-entropy again. "
        "Pretraining asks at every place for the next token; here there is one question for each text, its class, "
        "asked at one place.",
        "How far can the test's accuracy be trusted?": "As far as its interval says: the test part is a sample, and "
        "another one would have given another number. The 95% interval holds the accuracy on all texts of that kind "
        "in 95 of 100 such samples. It knows nothing of texts of another kind: messages of next year, or of people "
        "who write otherwise, can fare worse.",
        "Does 90% mean that nine of ten such answers are right?": "It should, and the look at calibration in the step "
        "Test shows whether it does. Trained networks are often too sure of themselves. A threshold is still useful "
        "then, because surer answers are mostly righter ones, but read its value off the curve, not off its name.",
        "Why is a threshold chosen by the validation part?": "Because it is a choice like the number of epochs. Of "
        "many thresholds the best on a part is a little lucky there; the test part, not looked at for choosing, says "
        "what is left of it.",
        "Why may leaving a word out raise the class's probability?": "The word spoke for another class. What the step "
        "Test shows for a word is the change when it is missing from this very text, with all others there; two words "
        "that say the same cover for one another, and both may look unimportant.",
    }


def check() -> list[Question]:
    """Questions with an answer at once."""
    return [
        Question(
            "You try five learning rates and keep the one that is best on the test part. What is wrong?",
            ["Nothing", "The test score is now too good", "The model has learned the test texts by heart"],
            1,
            "You have used the test part to choose, so it can no longer tell how the chosen one does on new texts. "
            "Choose with the validation part; the weights never saw the test texts, but your choice did.",
        ),
        Question(
            "A data set has three classes. How many outputs does the new last layer have, and which loss?",
            ["1, binary cross-entropy", "3, cross-entropy", "50,257, cross-entropy"],
            1,
            "One output for each class, and the very same loss as for two classes or for a whole vocabulary.",
        ),
        Question(
            "990 messages are ham and 10 are spam. A model is right for 99%. What do you know?",
            ["It is excellent", "Nothing yet: always saying ham gets there", "It catches 99% of the spam"],
            1,
            "Compare with the majority class first, then ask for each class how many of its messages were found.",
        ),
        Question(
            "Of 40 messages called spam 36 are spam; the test part holds 60 spam messages. Precision and recall?",
            ["90% and 60%", "60% and 90%", "90% and 67%"],
            0,
            "Precision asks of what was called spam: 36 / 40. Recall asks of what is spam: 36 / 60. The other 24 were "
            "missed.",
        ),
        Question(
            "A mail that matters must not end up among the spam; some spam may get through. What do you change?",
            ["Raise the threshold for spam", "Lower the threshold for spam", "Train for more epochs"],
            0,
            "Only what is very surely spam is called so then: fewer false alarms, more spam missed. Which mistake "
            "costs more is nothing that training can find out.",
        ),
    ]
