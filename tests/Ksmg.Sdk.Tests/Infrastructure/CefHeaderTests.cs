using System.Text;
using Ksmg.Sdk.Infrastructure;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

public sealed class CefHeaderTests
{
    private const string Start = "CEF:0|AO Kaspersky Lab|Kaspersky Secure Mail Gateway|";

    [Theory]
    [InlineData(Start + "2.1.0.7854|LMS_EVENT|Scan logic|1|msg=a|b", "2.1.0.7854")]
    [InlineData("<134>Nov 22 20:00:00 gw1 " + Start + "2.1.0.7854|", "2.1.0.7854")]
    [InlineData("<134>1 2026-11-22T20:00:00Z gw1 ksmg - - - \ufeff" + Start + "2.0.1.6960|x|", "2.0.1.6960")]
    [InlineData(Start + "2.1|x|", null)]
    [InlineData(Start + "2.1.0.7854", null)]
    [InlineData(Start + "2.1.0.7854\\|3|x|", null)]
    [InlineData("CEF:0|AO Kaspersky Lab\\||Kaspersky Secure Mail Gateway|2.1.0.7854|", null)]
    [InlineData("CEF:0|AO Kaspersky Lab|Kaspersky Security Center|2.1.0.7854|", null)]
    [InlineData("CEF:0|Somebody|Kaspersky Secure Mail Gateway|2.1.0.7854|", null)]
    [InlineData("CEF:0|AO Kaspersky Lab\\", null)]
    [InlineData("CEF:", null)]
    [InlineData("", null)]
    public void The_build_stands_in_the_header(string message, string? build) =>
        Assert.Equal(build, CefHeader.BuildOf(Encoding.UTF8.GetBytes(message))?.ToString());

    [Fact]
    public void Every_mistake_in_the_options_is_told_at_once()
    {
        string message = Assert.Throws<OptionsValidationException>(() => new CefListener(new CefListenerOptions
        {
            Endpoint = "0.0.0.0",
            Senders = { ["gw1"] = "10.0.0.1", ["gw2"] = "10.0.0.1", ["gw3"] = "not a host" },
        })).Message;
        Assert.Contains("Endpoint '0.0.0.0'", message, StringComparison.Ordinal);
        Assert.Contains("gw1, gw2 share", message, StringComparison.Ordinal);
        Assert.Contains("'not a host' of node gw3", message, StringComparison.Ordinal);
        Assert.Contains(
            "Senders is empty", Assert.Throws<OptionsValidationException>(() => new CefListener(new CefListenerOptions())).Message, StringComparison.Ordinal);
    }
}
