using System.Text;
using DevLab.JmesPath;
using DevLab.JmesPath.Expressions;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Ksmg.Sdk.Dialects;

/// <summary>
/// JMESPath (<see href="https://jmespath.org/specification.html"/>), which <c>az --query</c> and <c>aws --query</c> speak too. It runs on
/// the JIT alone: NativeAOT cannot compile the library behind it.
/// </summary>
public sealed class JmesPathLanguage : IAnswerLanguage
{
    private const int MaxDepth = 32;

    private readonly JmesPath _parser = new();

    /// <inheritdoc/>
    public IAnswerExpression Parse(string expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        try
        {
            return new Expression(_parser.Parse(expression));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The library has no exception type of its own.
            throw new FormatException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public object Read(ReadOnlyMemory<byte> json)
    {
        // As it was written: neither dates nor fractions are read as something else.
        using JsonTextReader reader = new(new StringReader(Encoding.UTF8.GetString(json.Span)))
        {
            DateParseHandling = DateParseHandling.None,
            FloatParseHandling = FloatParseHandling.Decimal,
            MaxDepth = MaxDepth,
        };
        return JToken.ReadFrom(reader);
    }

    private sealed class Expression(JmesPathExpression expression) : IAnswerExpression
    {
        public ReadOnlyMemory<byte> Evaluate(object answer)
        {
            try
            {
                return Encoding.UTF8.GetBytes(expression.Transform((JToken)answer).AsJToken().ToString(Formatting.None));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw new FormatException(e.Message, e);
            }
        }
    }
}
