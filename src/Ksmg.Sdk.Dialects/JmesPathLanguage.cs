using DevLab.JmesPath;

namespace Ksmg.Sdk.Dialects;

/// <summary>
/// JMESPath (<see href="https://jmespath.org/specification.html"/>), which <c>az --query</c> and <c>aws --query</c> speak too. It runs on
/// the JIT alone: NativeAOT cannot compile the library behind it.
/// </summary>
public sealed class JmesPathLanguage : IAnswerLanguage
{
    private readonly JmesPath _library = new();

    /// <inheritdoc/>
    public IAnswerExpression Parse(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        try
        {
            LibraryExpression whole = new(_library.Parse(expression));
            return PlainExpression.Read(expression) ?? (IAnswerExpression)whole;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The library has no exception type of its own.
            throw new FormatException(e.Message, e);
        }
    }
}
