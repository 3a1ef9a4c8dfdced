// The answer to a choice inside the LMS goes back to it without a click.
document.getElementById("answer").submit();
