namespace Ksmg.Sdk;

/// <summary>An expression of an <see cref="IAnswerLanguage"/>.</summary>
public interface IAnswerExpression
{
    /// <summary>What the expression makes of an answer, as JSON; <c>null</c> where it finds nothing.</summary>
    /// <param name="answer">What <see cref="IAnswerLanguage.Read"/> made of the answer.</param>
    /// <exception cref="FormatException">The answer is not of the form that the expression expects.</exception>
    ReadOnlyMemory<byte> Evaluate(object answer);
}
