using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>The adapter's parser against lines captured from HAProxy 2.6.12: gw1 drained, gw2 down, gw3 in maintenance and without a check.</summary>
public sealed class HaProxyAnswersTests
{
    internal const string State =
        """
        1
        # be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
        3 smtp 1 gw1 127.0.0.1 2 8 1 1 2 6 3 4 6 0 0 0 - 29101 - 0 0 - - 0
        3 smtp 2 gw2 127.0.0.1 0 0 1 1 893 8 2 0 6 0 0 0 - 29102 - 0 0 - - 0
        3 smtp 3 gw3 127.0.0.1 0 1 1 1 0 1 0 0 0 0 0 0 - 29103 - 0 0 - - 0


        """;

    internal const string Stat =
        """
        # pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,agg_server_check_status,agg_check_status,-,ssl_sess,ssl_reused_sess,ssl_failed_handshake,h2_headers_rcvd,h2_data_rcvd,h2_settings_rcvd,h2_rst_stream_rcvd,h2_goaway_rcvd,h2_detected_conn_protocol_errors,h2_detected_strm_protocol_errors,h2_rst_stream_resp,h2_goaway_resp,h2_open_connections,h2_backend_open_streams,h2_total_connections,h2_backend_total_streams,h1_open_connections,h1_open_streams,h1_total_connections,h1_total_streams,h1_bytes_in,h1_bytes_out,h1_spliced_bytes_in,h1_spliced_bytes_out,
        smtp,gw1,0,0,2,2,,2,0,0,,0,,0,0,0,0,DRAIN,1,1,0,0,3,2,0,,1,3,1,,2,,2,0,,2,L4OK,,0,,,,,,,,,,,0,0,,,,,2,,,0,0,0,0,,,,Layer4 check passed,,2,3,4,,,,127.0.0.1:29101,,tcp,,,,,,,,0,2,0,,,0,,0,0,0,0,0,0,0,0,1,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,
        smtp,gw2,0,0,0,0,,0,0,0,,0,,0,0,0,0,DOWN,1,1,0,1,1,893,893,,1,3,2,,0,,2,0,,0,L4CON,,0,,,,,,,,,,,0,0,,,,,-1,Connection refused,,0,0,0,0,,,,Layer4 connection problem,,2,3,0,,,,127.0.0.1:29102,,tcp,,,,,,,,0,0,0,,,0,,0,0,0,0,0,0,0,0,1,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,
        smtp,gw3,0,0,1,1,,1,0,0,,0,,0,0,0,0,MAINT,1,1,0,,,0,,,1,3,3,,1,,2,1,,1,,,,,,,,,,,,,,0,0,,,,,2,,,0,0,0,0,,,,,,,,,,,,127.0.0.1:29103,,tcp,,,,,,,,0,1,0,,,0,,0,0,0,0,0,0,0,0,1,1,,,,-,0,0,0,,,,,,,,,,,,,,,,,,,,,,


        """;

    [Fact]
    public void Captured_states_are_read()
    {
        Dictionary<string, LoadMode> modes = HaProxyAnswers.Modes(State, "smtp")!;
        Assert.Equal(new() { ["gw1"] = LoadMode.Drain, ["gw2"] = LoadMode.Ready, ["gw3"] = LoadMode.Maintenance }, modes);
        Assert.Empty(HaProxyAnswers.Modes(State, "other")!);
    }

    [Fact]
    public void Captured_addresses_are_read()
    {
        Assert.Equal(new() { ["gw1"] = "127.0.0.1:29101", ["gw2"] = "127.0.0.1:29102", ["gw3"] = "127.0.0.1:29103" }, HaProxyAnswers.Addresses(State, "smtp"));
        string other = State.Replace("gw1 127.0.0.1", "gw1 2001:db8::1", StringComparison.Ordinal)
            .Replace("gw2 127.0.0.1", "gw2 -", StringComparison.Ordinal)
            .Replace("29103", "0", StringComparison.Ordinal);
        Assert.Equal(new() { ["gw1"] = "[2001:db8::1]:29101", ["gw3"] = "127.0.0.1" }, HaProxyAnswers.Addresses(other, "smtp"));
        Assert.Empty(HaProxyAnswers.Addresses("nothing", "smtp"));
    }

    [Fact]
    public void Captured_counters_are_read()
    {
        Dictionary<string, HaProxyAnswers.Counters> counts = HaProxyAnswers.Counts(Stat, "smtp")!;
        Assert.Equal(new() { ["gw1"] = new(2, 2, true), ["gw2"] = new(0, 0, false), ["gw3"] = new(1, 1, null) }, counts);
    }

    [Fact]
    public void Both_tables_in_one_answer_are_told_apart()
    {
        string both = State + Stat;
        Assert.Equal(3, HaProxyAnswers.Modes(both, "smtp")!.Count);
        Assert.Equal(3, HaProxyAnswers.Counts(both, "smtp")!.Count);
        Assert.Equal(string.Empty, HaProxyAnswers.Complaint("\n" + both));
        Assert.Equal("No such server.", HaProxyAnswers.Complaint("No such server.\n\n" + both));
    }

    [Theory]
    [InlineData(0, 1, LoadMode.Ready)]
    [InlineData(0, 0, LoadMode.Drain)]
    [InlineData(0x01, 1, LoadMode.Maintenance)]
    [InlineData(0x02, 1, LoadMode.Maintenance)]
    [InlineData(0x04, 1, LoadMode.Ready)]
    [InlineData(0x05, 1, LoadMode.Maintenance)]
    [InlineData(0x0C, 1, LoadMode.Drain)]
    [InlineData(0x08, 1, LoadMode.Drain)]
    [InlineData(0x09, 1, LoadMode.Maintenance)]
    [InlineData(0x10, 1, LoadMode.Drain)]
    [InlineData(0x20, 1, LoadMode.Maintenance)]
    [InlineData(0x40, 1, LoadMode.Ready)]
    public void Administrative_bits_and_weight_decide_the_mode(int bits, int weight, LoadMode mode)
    {
        string state = State.Replace(" gw1 127.0.0.1 2 8 1 1 ", $" gw1 127.0.0.1 2 {bits} {weight} 1 ", StringComparison.Ordinal);
        Assert.Equal(mode, HaProxyAnswers.Modes(state, "smtp")!["gw1"]);
    }

    [Theory]
    [InlineData("UP", "L4OK", true)]
    [InlineData("UP 1/3", "L4OK", true)]
    [InlineData("DRAIN", "* L7OK", true)]
    [InlineData("DOWN 1/2", "L4OK", false)]
    [InlineData("DOWN (agent)", "", false)]
    [InlineData("DOWN", "", false)]
    [InlineData("UP", "", true)]
    [InlineData("NOLB", "L7STS", false)]
    [InlineData("no check", "", null)]
    [InlineData("DRAIN", "", null)]
    [InlineData("MAINT (via other/s1)", "L4OK", null)]
    public void Health_is_what_the_status_says(string status, string check, bool? healthy) =>
        Assert.Equal(
            healthy,
            HaProxyAnswers.Counts(
                Stat.Replace(",DRAIN,", $",{status},", StringComparison.Ordinal).Replace(",L4OK,", $",{check},", StringComparison.Ordinal),
                "smtp")!["gw1"].Healthy);

    [Fact]
    public void A_quoted_text_may_hold_commas()
    {
        string quoted = Stat.Replace(",Connection refused,", ",\"220 \"\"mail\"\", busy, ESMTP\",", StringComparison.Ordinal);
        Assert.NotEqual(Stat, quoted);
        Assert.Equal(HaProxyAnswers.Counts(Stat, "smtp"), HaProxyAnswers.Counts(quoted, "smtp"));
    }

    [Fact]
    public void An_answer_that_breaks_off_anywhere_is_no_answer()
    {
        for (int length = 0; length < State.TrimEnd('\n').Length + 2; length++)
        {
            Assert.Null(HaProxyAnswers.Modes(State[..length], "smtp"));
        }

        for (int length = 0; length < Stat.TrimEnd('\n').Length + 2; length += 7)
        {
            Assert.Null(HaProxyAnswers.Counts(Stat[..length], "smtp"));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("Can't find backend.\n\n")]
    [InlineData("Unknown command.\n\n")]
    [InlineData("1\n# be_id be_name\n3 smtp\n\n")]
    [InlineData("# pxname,svname\nsmtp,gw1\n\n")]
    [InlineData("HTTP/1.0 400 Bad request\r\n\r\n<html>")]
    public void Anything_else_is_no_table(string answer)
    {
        Assert.Null(HaProxyAnswers.Modes(answer, "smtp"));
        Assert.Null(HaProxyAnswers.Counts(answer, "smtp"));
    }
}
