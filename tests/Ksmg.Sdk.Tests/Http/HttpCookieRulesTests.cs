using System.Globalization;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk.Tests;

/// <summary>What a line of <c>Set-Cookie</c> means, where its cookie goes and what another one does to it, without a node.</summary>
public sealed class HttpCookieRulesTests
{
    private const string Past = "Expires=Thu, 01 Jan 1970 00:00:00 GMT";
    private const string Future = "Expires=Fri, 31 Dec 9990 23:59:59 GMT";

    private const string Two =
        "the node set 2 cookies for the token, KSMG-XSRF-TOKEN and XSRF-TOKEN; each header carries the one of its own name";

    private static readonly Uri Address = new("https://gw1.test/web/api/get-about");
    private static readonly DateTimeOffset Now = new(2026, 5, 10, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("a=b", "a=b /web/api ")]
    [InlineData("ab=c=d", "ab=c=d /web/api ")]
    [InlineData(" a = b c ; Secure; Path=/", "a=b c / ")]
    [InlineData("a=\u00ff; Path=\"/web\"", "a=\u00ff /web ")]
    [InlineData("a=b; path = /x", "a=b /x ")]
    [InlineData("a=b; Path; Path=x", "a=b /web/api ")]
    [InlineData("a=b; Path=/; Domain=.other.test", "a=b / other.test")]
    [InlineData("a=b; Path=/; Domain; Domain=.", "a=b / ")]
    [InlineData("=b", null)]
    [InlineData("b", null)]
    [InlineData("a=\u0001b", null)]
    [InlineData("a=\u007fb", null)]
    [InlineData("a=\u0100b", null)]
    public void A_line_is_read_as_browsers_read_it(string line, string? read) =>
        Assert.Equal(read, NodeCookie.Read(line, Address, Now) is var (c, _) ? $"{c.Name}={c.Value} {c.Path} {c.Domain}" : null);

    [Fact]
    public void A_cookie_is_taken_up_to_a_length()
    {
        Assert.NotNull(NodeCookie.Read("a=" + new string('x', 4094), Address, Now));
        Assert.Null(NodeCookie.Read("a=" + new string('x', 4095), Address, Now));
    }

    [Theory]
    [InlineData("a=b", false)]
    [InlineData("a=", true)]
    [InlineData("a=\"\"", true)]
    [InlineData("a=b; Max-Age=0", true)]
    [InlineData("a=b; Max-Age=-1", true)]
    [InlineData("a=b; Max-Age=600", false)]
    [InlineData("a=b; Max-Age=600; " + Past, false)]
    [InlineData("a=b; Max-Age=0; " + Future, true)]
    [InlineData("a=b; Max-Age=", false)]
    [InlineData("a=b; Max-Age=6x; " + Past, true)]
    [InlineData("a=b; Max-Age=x0; " + Past, true)]
    [InlineData("a=b; " + Past, true)]
    [InlineData("a=b; " + Past + "; " + Future, false)]
    [InlineData("a=b; " + Past + "; Expires=never", true)]
    public void A_cookie_is_taken_back_by_its_value_its_age_or_its_date(string line, bool isTakenBack) =>
        Assert.Equal(isTakenBack, NodeCookie.Read(line, Address, Now)!.Value.IsTakenBack);

    [Theory]
    [InlineData("Thu, 07 May 2026 08:49:37 GMT", "2026-05-07T08:49:37Z")]
    [InlineData("Thursday, 07-May-26 08:49:37 GMT", "2026-05-07T08:49:37Z")]
    [InlineData("Thu May  7 08:49:37 2026", "2026-05-07T08:49:37Z")]
    [InlineData("on 7 MAY 2026 08:49:37 +0200 2027", "2026-05-07T08:49:37Z")]
    [InlineData("7 26 May June 08:00:01 09:00:02", "2026-05-07T08:00:01Z")]
    [InlineData("1-Dec-2026", "2026-12-01T00:00:00Z")]
    [InlineData("31 May 2026", "2026-05-31T00:00:00Z")]
    [InlineData("07-Jan-70", "1970-01-07T00:00:00Z")]
    [InlineData("07-Jan-69", "2069-01-07T00:00:00Z")]
    [InlineData("7 May 1601", "1601-05-07T00:00:00Z")]
    [InlineData("7 May 9998", "9998-05-07T00:00:00Z")]
    [InlineData("7 May 1600", null)]
    [InlineData("7 May 9999", null)]
    [InlineData("0 May 2026", null)]
    [InlineData("32 May 2026", null)]
    [InlineData("30 Feb 2026", null)]
    [InlineData("7 2026", null)]
    [InlineData("7 May", null)]
    [InlineData("May 2026", null)]
    [InlineData("7 May 2026 24:00:00", null)]
    [InlineData("7 May 2026 9999999:00:00", null)]
    public void A_date_is_read_in_whatever_of_the_customary_forms(string text, string? date)
    {
        bool IsOver(DateTimeOffset at) => NodeCookie.Read("a=b; Expires=" + text, Address, at)!.Value.IsTakenBack;

        if (date is null)
        {
            Assert.False(IsOver(DateTimeOffset.MaxValue));
        }
        else
        {
            DateTimeOffset end = DateTimeOffset.Parse(date, CultureInfo.InvariantCulture);
            Assert.True(IsOver(end));
            Assert.False(IsOver(end.AddSeconds(-1)));
        }
    }

    [Theory]
    [InlineData("Path=/", true)]
    [InlineData("Path=/web", true)]
    [InlineData("Path=/web/", true)]
    [InlineData("Path=/web/api/get-about", true)]
    [InlineData("Path=/web/ap", false)]
    [InlineData("Path=/other", false)]
    [InlineData("Path=/; Domain=gw1.test", true)]
    [InlineData("Path=/; Domain=TEST", true)]
    [InlineData("Path=/; Domain=w1.test", false)]
    [InlineData("Path=/; Domain=other.test", false)]
    [InlineData("Path=/other; Domain=gw1.test", false)]
    public void A_cookie_fits_below_its_domain_and_its_path(string attributes, bool fits) =>
        Assert.Equal(fits, NodeCookie.Read("a=b; " + attributes, Address, Now)!.Value.Cookie.Fits(Address));

    public static TheoryData<string[], string?> Kept => new()
    {
        { [], null },
        { ["a=1; Path=/", "b=2; Path=/"], "a=1; b=2" },
        { ["a=1; Path=/", "a=2; Path=/"], "a=2" },
        { ["b=0; Path=/", "a=1; Path=/", "a=2; Path=/"], "b=0; a=2" },
        { ["a=1; Path=/", "a=2; Path=/web"], "a=2; a=1" },
        { ["a=1; Path=/", "a=2; Path=/; Domain=gw1.test"], "a=1; a=2" },
        { ["a=1; Path=/; Domain=gw1.test", "a=2; Path=/; Domain=GW1.test"], "a=2" },
        { ["a=1; Path=/elsewhere", "b=2; Path=/"], "b=2; a=1" },
        { ["a=1; Path=/x", "a=2; Path=/y"], "a=2" },
        { ["a=1; Path=/", "a=2; Path=/x"], "a=1" },
        { ["a=1; Path=/", "a=; Path=/"], null },
        { ["a=; Path=/", "b=1; Path=/"], "b=1" },
        { ["a=1; Path=/", "a=2; Path=/web", "a=; Path=/"], "a=2" },
        { ["a=1; Path=/", "b=2; Path=/", "a=; Path=/web"], "b=2" },
        { ["a=1; Path=/", "a=2; Path=/web", "a=; Path=/x"], "a=2; a=1" },
    };

    [Theory]
    [MemberData(nameof(Kept))]
    public void A_later_cookie_replaces_the_same_one_and_takes_back_the_one_it_means(string[] lines, string? sent) =>
        Assert.Equal(sent, Jar(lines).Header(Address));

    [Fact]
    public void No_more_than_fifty_cookies_are_kept()
    {
        CookieJar jar = Jar([.. Enumerable.Range(1, 51).Select(n => $"c{n}=1; Path=/"), "c50=2; Path=/"]);

        string[] sent = jar.Header(Address)!.Split("; ");
        Assert.Equal(50, sent.Length);
        Assert.Equal("c50=2", sent[^1]);
    }

    [Fact]
    public void The_date_of_an_end_is_compared_with_the_clock_of_the_node()
    {
        const string line = "a=1; Path=/; Expires=Sun, 10 May 2026 07:00:00 GMT";

        Assert.Null(Jar(line).Header(Address));
        Assert.Equal("a=1", Jar(Now.AddHours(-2), line).Header(Address));
    }

    public static TheoryData<string[], string?, string?> Tokens => new()
    {
        { ["SID=1"], null, null },
        { ["XSRF-TOKEN=old", "KSMG-XSRF-TOKEN=new"], "old", "new" },
        { ["KSMG-XSRF-TOKEN=new", "XSRF-TOKEN=old"], "old", "new" },
        { ["XSRF-TOKEN=short", "X-XSRF-TOKEN=own"], "own", "short" },
        { ["SID=1", "gw-xsrf-token=one"], "one", "one" },
    };

    [Theory]
    [MemberData(nameof(Tokens))]
    public void A_header_takes_the_token_of_its_own_name_else_the_one_there_is(string[] lines, string? old, string? current)
    {
        CookieJar jar = Jar(lines);

        Assert.Equal((old, current), (jar.Token("X-XSRF-TOKEN", Address), jar.Token("KSMG-XSRF-TOKEN", Address)));
    }

    [Fact]
    public void The_tokens_are_named_once_each_and_in_order() => Assert.Equal(
        ["KSMG-XSRF-TOKEN", "XSRF-TOKEN"], Jar("XSRF-TOKEN=1; Path=/", "XSRF-TOKEN=2; Path=/web", "KSMG-XSRF-TOKEN=3", "SID=4").TokenNames);

    [Theory]
    [InlineData("a%3Db", "a=b")]
    [InlineData("a%20b", "a b")]
    [InlineData("a%C3%BF", "a\u00ff")]
    [InlineData("a%0Ab", "a%0Ab")]
    [InlineData("a%7Fb", "a%7Fb")]
    [InlineData("a%D0%90", "a%D0%90")]
    public void A_token_is_decoded_only_where_it_is_to_be_and_only_to_what_a_header_can_carry(string token, string decoded)
    {
        foreach (bool decodes in (bool[])[false, true])
        {
            using HttpRequestMessage request = new(HttpMethod.Get, Address);
            Session(decodes, "KSMG-XSRF-TOKEN=" + token).Apply(request);
            Assert.Equal([decodes ? decoded : token], request.Headers.GetValues("KSMG-XSRF-TOKEN"));
        }
    }

    [Fact]
    public void The_token_goes_by_the_names_of_the_dialect()
    {
        ClientSession session = new(new SessionDialect(["X-TICKET"], "TICKET"));
        using HttpResponseMessage answer = Answer(["TICKET=1; Path=/", "XSRF-TOKEN=2; Path=/"]);
        session.Absorb(Address, answer, Now);
        using HttpRequestMessage request = new(HttpMethod.Get, Address);
        session.Apply(request);

        Assert.Equal(["1"], request.Headers.GetValues("X-TICKET"));
        Assert.Equal(["Cookie", "X-TICKET"], request.Headers.NonValidated.Select(h => h.Key));
    }

    [Fact]
    public void A_request_carries_what_is_for_its_address_and_what_the_node_set_last()
    {
        ClientSession session = Session(false, "a=1; Path=/", "w=2; Path=/web");
        Uri elsewhere = new("https://gw1.test/elsewhere/of");
        string? Carried(Uri to)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, to);
            session.Apply(request);
            return request.Headers.NonValidated["Cookie"].ToString();
        }

        // More addresses than are remembered.
        for (int n = 0; n < 200; n++)
        {
            Assert.Equal("w=2; a=1", Carried(new Uri(Address, $"get-message-{n}")));
            Assert.Equal("a=1; w=2", Carried(elsewhere));
        }

        // The second time few addresses are remembered.
        foreach (int value in (int[])[3, 4])
        {
            using HttpResponseMessage renewed = Answer([$"a={value}; Path=/"]);
            session.Absorb(Address, renewed, Now);
            Assert.Equal($"w=2; a={value}", Carried(Address));
            Assert.Equal($"a={value}; w=2", Carried(elsewhere));
        }
    }

    public static TheoryData<bool, string[], string?> Oddities => new()
    {
        { false, [], null },
        { false, ["KSMG-XSRF-TOKEN=1"], null },
        { false, ["XSRF-TOKEN=1", "KSMG-XSRF-TOKEN=a%3D"], Two + "; the token holds percent escapes and is sent as it came; nodes may want it decoded" },
        { false, ["XSRF-TOKEN=1", "KSMG-XSRF-TOKEN=2"], Two },
        { true, ["KSMG-XSRF-TOKEN=a%3D"], "the node wants the percent escapes in its token decoded" },
    };

    [Theory]
    [MemberData(nameof(Oddities))]
    public void What_is_odd_about_the_token_is_told(bool decodes, string[] lines, string? oddity) => Assert.Equal(oddity, Session(decodes, lines).Oddity);

    private static CookieJar Jar(params string[] lines) => Jar(null, lines);

    private static CookieJar Jar(DateTimeOffset? nodeTime, params string[] lines)
    {
        CookieJar jar = new("XSRF-TOKEN");
        using HttpResponseMessage response = Answer(lines);
        response.Headers.Date = nodeTime;
        jar.Absorb(Address, response, Now);
        return jar;
    }

    private static ClientSession Session(bool decodes, params string[] lines)
    {
        ClientSession session = new() { DecodesToken = decodes };
        using HttpResponseMessage response = Answer(lines);
        session.Absorb(Address, response, Now);
        return session;
    }

    private static HttpResponseMessage Answer(string[] lines)
    {
        HttpResponseMessage response = new();
        foreach (string line in lines)
        {
            response.Headers.TryAddWithoutValidation("Set-Cookie", line);
        }

        return response;
    }
}
