namespace Ksmg.Sdk.Infrastructure;

/// <summary>A gate that is green when a web address answers well.</summary>
public sealed class HttpGateOptions : HttpGateBaseOptions
{
    /// <summary>A text that has to stand in the answer, in its letters. Default: none; a status of 200 to 299 suffices.</summary>
    public string? Expect { get; set; }
}
