using Microsoft.Extensions.Options;

namespace Ksmg.Web;

/// <summary>Tells every mistake at once, when the host starts.</summary>
internal sealed class KsmgWebOptionsValidator : IValidateOptions<KsmgWebOptions>
{
    public ValidateOptionsResult Validate(string? name, KsmgWebOptions options)
    {
        string[] mistakes = [.. options.Mistakes()];
        return mistakes.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }
}
