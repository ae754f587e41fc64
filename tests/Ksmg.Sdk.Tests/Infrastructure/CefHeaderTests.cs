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
    [InlineData("<134>Aug 14 17:07:42 host.example.org KSMG: " + Start + "2.1.0.7854|LMS_EV_SETTINGS_CHANGED|task settings changed|Low|cn1=1", "2.1.0.7854")]
    [InlineData("<134>1 2026-11-26T03:00:00Z gw1 KSMG - - - \ufeff" + Start + "2.1.0.7854|x|", "2.1.0.7854")]
    [InlineData("<134>1 2026-11-26T03:00:00Z gw1 KSMG 12 e [a@1 b=\"]\"][c] " + Start + "2.1.0.7854|x|", null)]
    [InlineData("<134>1 2026-11-26T03:00:00Z gw1 KSMG 12 e [a@1 b=\"\\]\"][c] " + Start + "2.1.0.7854|x|", "2.1.0.7854")]
    [InlineData("July 16 10:34:23 host.example.org KSMG: " + Start + "2.1.0.7854|x|", "2.1.0.7854")]
    [InlineData("<134>Nov  6 03:00:00 2001:db8::1 KSMG[12]: CEF: 0|AO Kaspersky Lab|Kaspersky Secure Mail Gateway|2.1.0.7854|x|", "2.1.0.7854")]
    [InlineData("2026-11-26T03:00:00.123456+00:00 gw1 KSMG: " + Start + "2.1.0.7854|x|", "2.1.0.7854")]
    [InlineData("<22>Nov 26 03:00:00 gw1 postfix/qmgr[123]: 4A1B2C: from=<\"" + Start + "3.0.0.9059|x|y|1|\"@evil.example>, size=500", null)]
    [InlineData("<22>Nov 26 03:00:00 gw1 postfix/qmgr[123]: " + Start + "3.0.0.9059|x|", null)]
    [InlineData("<22>Nov 26 03:00:00 postfix/qmgr[123]: " + Start + "3.0.0.9059|x|", null)]
    [InlineData("<22>Nov 26 03:00:00 gw1 sshd: " + Start + "3.0.0.9059|x|", null)]
    [InlineData("<22>Nov 26 03:00:00 gw1 KSMG: msg=" + Start + "3.0.0.9059|x|", null)]
    [InlineData("<22>1 2026-11-26T03:00:00Z gw1 postfix - - - " + Start + "3.0.0.9059|x|", null)]
    [InlineData("<22>1 2026-11-26T03:00:00Z gw1 postfix - - [KSMG - - -] " + Start + "3.0.0.9059|x|", null)]
    [InlineData("<134>Nov 26 gw1 KLMS: CEF:0|AO Kaspersky Lab|Kaspersky Linux Mail Security|8.0MP2|x|", null)]
    [InlineData("<134>Nov 26 gw1 KSMG: " + Start + "2.1|x|", null)]
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
