using System.Text.Json;

namespace Ksmg.Sdk;

/// <summary>An expression of an <see cref="IAnswerLanguage"/>.</summary>
public interface IAnswerExpression
{
    /// <summary>What the expression makes of an answer; <c>null</c> where it finds nothing. It may be asked by several at once.</summary>
    /// <param name="answer">The whole answer. What is found may be a part of it, and is used no longer than it.</param>
    /// <exception cref="FormatException">The answer is not of the form that the expression expects.</exception>
    JsonElement Evaluate(JsonElement answer);
}
