using System.Net;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>What a web address answered.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Body">Its text, or as much of the beginning as was to be read.</param>
/// <param name="IsWhole">Whether that is all.</param>
internal sealed record HttpPortAnswer(HttpStatusCode Status, string Body, bool IsWhole)
{
    public bool IsGood => (int)Status is >= 200 and < 300;
}
