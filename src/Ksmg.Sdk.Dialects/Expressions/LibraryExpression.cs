using System.Text.Json;
using DevLab.JmesPath.Expressions;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Ksmg.Sdk.Dialects;

/// <summary>Any expression there is, evaluated by the library, which makes a tree of its own of the answer.</summary>
internal sealed class LibraryExpression(JmesPathExpression expression) : IAnswerExpression
{
    private const int MaxDepth = 32;

    /// <summary>The library keeps variables and the root beside the evaluation: of two at once, one would see the other's answer.</summary>
    private static readonly Lock OneAtATime = new();

    public JsonElement Evaluate(JsonElement answer)
    {
        try
        {
            // As it was written: neither dates nor fractions are read as something else.
            using JsonTextReader reader = new(new StringReader(answer.GetRawText()))
            {
                DateParseHandling = DateParseHandling.None,
                FloatParseHandling = FloatParseHandling.Decimal,
                MaxDepth = MaxDepth,
            };
            JToken tree = JToken.ReadFrom(reader);
            lock (OneAtATime)
            {
                return JsonElement.Parse(expression.Transform(tree).AsJToken().ToString(Formatting.None));
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new FormatException(e.Message, e);
        }
    }
}
