namespace Ksmg.Sdk;

/// <summary>
/// The language in which the entries of a catalogue say what of an answer counts. The SDK itself knows none, so that it stays free of what
/// NativeAOT cannot compile; <c>Ksmg.Sdk.Dialects</c> brings JMESPath.
/// </summary>
public interface IAnswerLanguage
{
    /// <summary>Reads an expression, once for many answers.</summary>
    /// <exception cref="FormatException">It is none; the message says where.</exception>
    IAnswerExpression Parse(string expression);
}
