using System.Text;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

public sealed class MailProbeHeadersTests
{
    private static readonly string[] _hosts = ["gw1.example.test", "GW2.example.test"];

    [Theory]
    [InlineData("", null)]
    [
        InlineData(
            "Received: from x (y [1.2.3.4]) by gw1.example.test (Postfix) with ESMTP id A for <a@b>; Sun, 22 Nov 2026 20:00:00 +0000\n", "gw1.example.test")]
    [InlineData("Received: from x\n\tby\n gw2.EXAMPLE.test. (Postfix)\n", "GW2.example.test")]
    [
        InlineData(
            "Received: from x by mailbox.test (Dovecot)\nReceived: from gw1.example.test (gw1 [10.0.0.1])\n\tby mailbox.test (Postfix)\n", "gw1.example.test")]
    [InlineData("Received: from gw1.example.test by gw2.example.test\nReceived: from x by gw1.example.test\n", "gw1.example.test")]
    [InlineData("Received: from gw2.example.test by mailbox.test\nReceived: from x by gw1.example.test\n", "gw1.example.test")]
    [InlineData("Received: from x (claims to be by gw1.example.test (or so) ) by other.test\n", null)]
    [InlineData("Received: from gw11.example.test by gw1.example.test.other\n", null)]
    [InlineData("Received: by\nReceived:\nReceived: from (((\n", null)]
    [InlineData("X-Received: by gw1.example.test\n\nReceived: by gw1.example.test\n", null)]
    public void The_first_node_that_handled_it_is_named_as_the_cluster_names_it(string headers, string? host) =>
        Assert.Equal(host, Read(headers).ViaHost);

    [Theory]
    [InlineData("X-KSMG-AntiVirus: Kaspersky Secure Mail Gateway, version 2.1.0.7854, bases: 2026/11/22 08:00:00 #123, Status: NotDetected", "2.1.0.7854")]
    [InlineData("x-ksmg-antivirus: Kaspersky Secure Mail Gateway, Version\n\t2.1.0.7854", "2.1.0.7854")]
    [InlineData("X-KSMG-AntiVirus: Kaspersky Secure Mail Gateway, version 2.1.0.7854.", "2.1.0.7854")]
    [InlineData("X-KSMG-AntiVirus: Kaspersky Secure Mail Gateway, version 2.1", null)]
    [InlineData("X-KSMG-AntiVirus: Clean", null)]
    [InlineData("X-KSMG-AntiVirus: version ", null)]
    [InlineData("X-KSMG-AntiVirus: version 99999999999.1.1.1", null)]
    [InlineData("X-KSMG-AntiSpam-Version: version 2.1.0.7854", null)]
    [InlineData("X-KSMG-AntiVirus: version 3.0.0.9059\nX-KSMG-AntiVirus: version 2.1.0.7854", "2.1.0.7854")]
    public void The_build_is_the_one_of_the_first_node(string header, string? build) =>
        Assert.Equal(build, Read($"Subject: x\n{header}\n\nText\n").Build?.ToString());

    [Theory]
    [InlineData("from MRN-KSMG-01.EXAMPLE.ORG (localhost [127.0.0.1]) by mail.example.org (Postfix)", "mrn-ksmg-01.example.org")]
    [InlineData("from mrn-ksmg-01 (localhost [127.0.0.1]) by mail.example.org (Postfix)", "mrn-ksmg-01.example.org")]
    [InlineData("from mrn-ksmg-02.example.org by mx.example.org (Postfix)", "mrn-ksmg-02.example.org")]
    [InlineData("from sender.example by mx.example.org (Postfix)", null)]
    [InlineData("from mrn-ksmg-03 by mail.example.org", null)]
    public void Nodes_behind_one_public_name_are_told_apart_by_from_in_any_case_short_or_full(string hop, string? host)
    {
        string[][] nodes = [["mx.example.org", "mrn-ksmg-01.example.org"], ["mx.example.org", "mrn-ksmg-02.example.org"]];
        string headers = $"Received: {hop}\nReceived: from sender.example by mx.example.org (Postfix)\n";
        Assert.Equal(host, new MessageHeaders(Encoding.Latin1.GetBytes(headers)).ToCopy(null, nodes).ViaHost);
    }

    [Theory]
    [InlineData("gw1", "GW1.EXAMPLE.TEST.", true)]
    [InlineData("gw1.example.test", "gw1", true)]
    [InlineData("gw1.example.test", "gw1.other.test", false)]
    [InlineData("gw1", "gw11.example.test", false)]
    [InlineData("gw1", "", false)]
    public void A_short_name_is_the_full_one_that_begins_with_it(string one, string other, bool same)
    {
        Assert.Equal(same, HostNames.AreSame(one, other));
        Assert.Equal(same, HostNames.AreSame(other, one));
    }

    [Fact]
    public void A_folded_header_tells_build_and_databases()
    {
        ProbeCopy copy = Read("X-KSMG-AntiVirus: Kaspersky Secure Mail Gateway, version\r\n 2.1.0.7854, bases: 2026/11/26 08:00:00\r\n\t#25324589\r\n");
        Assert.Equal(("2.1.0.7854", "2026/11/26 08:00:00"), (copy.Build?.ToString(), copy.Databases));
    }

    [Fact]
    public void Any_bytes_are_headers_or_none()
    {
        Random random = new(20261122);
        for (int i = 0; i < 500; i++)
        {
            byte[] bytes = new byte[random.Next(300)];
            random.NextBytes(bytes);
            _ = new MessageHeaders(bytes).ToCopy(null, [.. _hosts.Select(host => new[] { host })]);
        }
    }

    [Theory]
    [InlineData("a@b", true)]
    [InlineData("first.last+tag@example.test", true)]
    [InlineData("a@", false)]
    [InlineData("@b", false)]
    [InlineData("ab", false)]
    [InlineData("a@b>\r\nRCPT TO:<c@d", false)]
    [InlineData("a b@c", false)]
    [InlineData("ä@b", false)]
    public void Addresses_cannot_carry_commands(string text, bool isAddress) => Assert.Equal(isAddress, MailText.IsAddress(text));

    private static ProbeCopy Read(string headers) =>
        new MessageHeaders(Encoding.Latin1.GetBytes(headers)).ToCopy(null, [.. _hosts.Select(host => new[] { host })]);
}
