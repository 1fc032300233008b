"""The invented patients of the storage."""

from storage import (AMPOULE, BAG, BEDTIME, BOTTLE, BROUGHT, DISCHARGE, INPATIENT, IN_HOUSE, MORNING, OTHER_DAY, OUTPATIENT, PAIN,
                     REGULAR, SLEEPLESS, THRICE, TWICE, VIAL, Patient, drug, infusion, obx, segment, usage)

SHEET, GRAM, MILLIGRAM, PIECE, MILLILITRE = "SHT^枚^MR9P", "G^グラム^MR9P", "MG^ミリグラム^MR9P", "KO^個^MR9P", "ML^ミリリットル^MR9P"
BLOOD, SERUM, SPUTUM = "019^全血(添加物入り)^JC10", "023^血清^JC10", "061^喀痰^JC10"


def pneumonia(root):
    """A stay of eleven days with every form of prescription."""
    p = Patient(root, "0002046813", ("北村", "澄江"), ("キタムラ", "スミエ"), "19480619", "F")
    p.ward = "4E^412^1"
    p.basic("20260716093000000", address="^^^^420-0001^JPN^H^静岡県静岡市葵区井宮町９－９－９", phone="^PRN^PH^^^^^^^^^054-000-0001", extra=[
        segment("NK1", f1="1", f2="北村^直樹^^^^^L^I", f3="CHD^子^HL70063", f5="^PRN^PH^^^^^^^^^054-000-0002"),
        segment("PV1", f1="0001", f2="I", f3="4E^412^1^^^N"),
        segment("OBX", f1="1", f2="NM", f3="9N001000000000001^身長^JC10", f5="151.5", f6="cm^cm^ISO+", f11="F"),
        segment("OBX", f1="2", f2="NM", f3="9N006000000000001^体重^JC10", f5="46.20", f6="kg^kg^ISO+", f11="F"),
        segment("AL1", f1="1", f2="DA^薬剤アレルギー^HL70127", f3="620004132^ミノサイクリン塩酸塩^HOT9", f4="MO^中等度^HL70128", f5="発疹"),
    ])
    p.allergies("20260705110000000",
                segment("IAM", f1="1", f2="DA^薬剤アレルギー^HL70127", f3="620004132^ミノサイクリン塩酸塩^HOT9", f4="MO^中等度^HL70128", f5="発疹", f6="A^追加^HL70323", f11="2013"),
                segment("IAM", f1="2", f2="FA^食物アレルギー^HL70127", f3="5A1002411023006^ソバ^JC10", f4="MI^軽度^HL70128", f5="口腔内掻痒感", f6="A^追加^HL70323", f12="小児期"),
                segment("IAM", f1="3", f2="DA^薬剤アレルギー^HL70127", f3="^誤登録した薬^", f6="D^削除^HL70323"))
    p.visited("202606180930")
    p.admitted("202607051420")
    p.ward = "5W^503^2"
    p.moved("202607081000")
    p.discharged("202607051420", "202607161100")
    p.diagnoses("20260716100000000",
                p.diagnosis(1, "20054912", "細菌性肺炎", "J159", "20260705", phase="H", onset="20260702", main=True, prefix="2056^右^MDCDX2", secret=False),
                p.diagnosis(2, "20054912", "細菌性肺炎", "J159", "20260706", phase="L", onset="20260702", main=True, prefix="2056^右^MDCDX2"),
                p.diagnosis(3, "20055371", "慢性心不全", "I509", "20190412", phase="O", onset="20190412"),
                p.diagnosis(4, "20062008", "胃潰瘍", "K259", "20260707", suspected=True, insured=True, suffix="8002^の疑い^MDCDX2"),
                p.diagnosis(5, "20051143", "急性胃腸炎", "A099", "20250301", phase="O", ended="20250310", outcome="F^完全に回復^HL70241"))
    # 持参薬
    p.prescriptions("20260705", "000000026070501", "202607051500",
                    drug(1, "103831601", "アムロジピンＯＤ錠５ｍｇ「トーワ」", each="1", daily="1", usages=(MORNING,), start="20260705", category=(BROUGHT,), yj="2171022F4063"),
                    drug(2, "105271807", "プレドニン錠５ｍｇ", daily="7", usages=(THRICE, usage("V14NNNNN", "不均等・１回目・４錠"), usage("V22NNNNN", "不均等・２回目・２錠"), usage("V31NNNNN", "不均等・３回目・１錠")), days="7", amount="49", start="20260705", category=(BROUGHT,), yj="2456001F1310"))
    # 入院中: 定期と臨時、粉砕、頓服、隔日、外用
    p.prescriptions("20260706", "000000026070601", "202607060900",
                    drug(1, "103835401", "ムコダイン錠５００ｍｇ", each="1", daily="3", usages=(THRICE,), days="5", amount="15", start="2026070600", category=(INPATIENT, REGULAR), how="P01^粉砕^99XY3"),
                    drug(2, "118411701", "フロセミド錠２０ｍｇ「武田テバ」", each="1", daily="1", usages=(MORNING, OTHER_DAY), days="3", amount="3", start="2026070600", category=(INPATIENT,), note="尿量 1,500 mL/日 & 体重 46 kg を目安に継続"),
                    drug(3, "114037001", "ロキソプロフェンナトリウム錠６０ｍｇ「ＹＤ」", each="1", usages=(PAIN,), times="10", amount="10", words="１日２回まで、６時間以上あける", start="2026070600", category=(INPATIENT,), given="22^頓服^JHSP0003"),
                    drug(4, "117417501", "ゾルピデム酒石酸塩錠５ｍｇ「トーワ」", each="0.5", most="1", usages=(SLEEPLESS,), times="5", amount="5", start="2026070600", category=(INPATIENT,), given="22^頓服^JHSP0003"),
                    drug(5, "106231901", "モーラステープ２０ｍｇ", amount="14", unit=SHEET, usages=(usage("2L61000000000000", "外用・貼付・１日１回"),), site="^腰部^99XY4", start="2026070600", category=(INPATIENT,), route="AP^外用^HL70162", given="23^外用^JHSP0003"))
    # 取り消された薬と、無効になったファイル
    p.prescriptions("20260707", "000000026070701", "202607071000",
                    drug(1, "103513803", "取消錠１００ｍｇ", each="1", daily="3", usages=(THRICE,), days="3", category=(INPATIENT,), control="CA"))
    p.prescriptions("20260707", "000000026070702", "202607071100",
                    drug(1, "103513803", "無効錠１００ｍｇ", each="1", daily="3", usages=(THRICE,), days="3", category=(INPATIENT,)), flag="0")
    p.prescriptions("20260708", "000000026070801", "202607080900",
                    drug(1, "110626901", "旧版錠１００ｍｇ", each="1", usages=(MORNING,), days="3", category=(INPATIENT,)), written="20260708090000000", replaced=True)
    p.prescriptions("20260708", "000000026070801", "202607080930",
                    drug(1, "110626901", "レバミピド錠１００ｍｇ「オーツカ」", each="1", daily="3", usages=(THRICE,), days="7", amount="21", start="2026070800", category=(INPATIENT,)), written="20260708093000000")
    # 退院処方
    p.prescriptions("20260716", "000000026071601", "202607151400",
                    drug(1, "103831601", "アムロジピンＯＤ錠５ｍｇ「トーワ」", each="1", daily="1", usages=(MORNING,), days="14", amount="14", start="2026071700", category=(INPATIENT, DISCHARGE), yj="2171022F4063"),
                    drug(1, "118411701", "フロセミド錠２０ｍｇ「武田テバ」", each="1", daily="1", usages=(MORNING,), days="14", amount="14", start="2026071700", category=(INPATIENT, DISCHARGE)),
                    drug(2, "110626901", "レバミピド錠１００ｍｇ「オーツカ」", each="1", daily="3", usages=(THRICE,), days="14", amount="42", start="2026071700", category=(INPATIENT, DISCHARGE)),
                    drug(3, "105271807", "プレドニン錠５ｍｇ", daily="3", usages=(TWICE, usage("V12NNNNN", "不均等・１回目・２錠"), usage("V21NNNNN", "不均等・２回目・１錠")), days="7", amount="21", start="2026071700", category=(INPATIENT, DISCHARGE), yj="2456001F1310"),
                    drug(4, "100607002", "アレビアチン散１０％", each="50", unit=MILLIGRAM, daily="100", amount="1400", usages=(TWICE,), days="14", start="2026071700", category=(INPATIENT, DISCHARGE)),
                    drug(5, "114037001", "ロキソプロフェンナトリウム錠６０ｍｇ「ＹＤ」", each="1", usages=(PAIN,), times="10", amount="10", start="2026071700", category=(INPATIENT, DISCHARGE), given="22^頓服^JHSP0003"),
                    drug(6, "105625901", "ヒルドイドソフト軟膏０．３％", amount="50", unit=GRAM, usages=(usage("2B72000000000000", "外用・塗布・１日２回"),), site="^両下腿^99XY4", start="2026071700", category=(INPATIENT, DISCHARGE), route="AP^外用^HL70162", given="23^外用^JHSP0003"),
                    drug(7, "110699303", "ヒアレイン点眼液０．１％", amount="1", unit=BOTTLE, usages=(usage("2H74000000000000", "外用・点眼・１日４回"),), site="^両眼^99XY4", how="^１回１滴^", start="2026071700", category=(INPATIENT, DISCHARGE), route="AP^外用^HL70162", given="23^外用^JHSP0003"))
    # 注射
    p.injections("20260705", "000000026070510", "202607051530",
                 infusion([("B", "620007329", "ソリタ－Ｔ３号輸液５００ｍＬ", "1", BOTTLE), ("A", "620002559", "アドナ注（静脈用）５０ｍｇ", "1", AMPOULE)], volume="510", how="^５時間一定速度で^99IC6", rate="102", start="202607051600", end="202607052100"),
                 infusion([("", "114153801", "セフトリアキソンＮａ静注用１ｇ「日医工」", "1", VIAL), ("", "107750601", "大塚生食注１００ｍＬ", "1", BAG)], usages=(usage("3013000000000000", "注射・１日１回"),), start="202607051600", end="202607051630", device=""))
    p.injections("20260710", "000000026071010", "202607100900",
                 infusion([("", "108001607", "ヘパリンＮａ注５千単位／５ｍＬ「モチダ」", "2500", "UNT^単位^MR9P")], start="202607101000", how="^緩徐に静注^99IC6", device=""))
    p.injections("20260711", "000000026071110", "202607110900",
                 infusion([("", "108001607", "無効注射液", "1", AMPOULE)], start="202607111000"), flag="0")
    p.given("20260705", "000000026070510", "202607051630",
            [segment("RXA", f1="0", f2="1", f3="202607051605", f4="202607052110", f5="620007329^ソリタ－Ｔ３号輸液５００ｍＬ^HOT9", f6="1", f7=BOTTLE, f9="^左手に実施^99IC2", f12="102ml/hr", f20="CP"),
             segment("RXA", f1="0", f2="2", f3="202607051605", f5="114153801^セフトリアキソンＮａ静注用１ｇ「日医工」^HOT9", f6="1", f7=VIAL, f18="^患者拒否^99IC5", f20="RE")],
            segment("RXR", f1="IV^静脈内^HL70162"))
    # 検査
    p.results("20260705", "000000026070520", "202607051540", SERUM,
              obx(1, "NM", "3H015000002327201", "カリウム", "3.50", unit="mEq/L", range_="3.6-4.8", flag="L"),
              obx(2, "NM", "5C070000002306201", "ＣＲＰ", "12.40", unit="mg/dL", range_="0.00-0.14", flag="H"),
              obx(3, "SN", "5F016141002302304", "ＨＢｓ抗原定量", "<^0.005", unit="IU/mL", range_="0.005未満"),
              obx(4, "CWE", "5F360140002302311", "ＨＣＶ抗体", "N^陰性^99XY5"),
              obx(5, "NM", "3C015000002327101", "クレアチニン", "検体不良", unit="mg/dL"),
              segment("NTE", f1="1", f3="溶血のため再検"))
    p.results("20260714", "000000026071420", "202607140815", SERUM,
              obx(1, "NM", "3H015000002327201", "カリウム", "4.10", unit="mEq/L", range_="3.6-4.8"),
              obx(2, "NM", "5C070000002306201", "ＣＲＰ", "0.42", unit="mg/dL", range_="0.00-0.14", flag="H"))
    p.ordered_tests("20260715", "000000026071520", "202607151030", SPUTUM,
                    segment("OBX", f1="1", f3="6B210000006174199^抗酸菌培養^JC10", f11="O"), taken="202607151100")
    p.write("OMD", "20260706", "000000026070630", "20260706080000000",
            [p.seg_pid(), p.seg_pv1(), p.seg_orc("000000026070630", "", "202607060800"), segment("TQ1", f1="1", f7="2026070612"),
             segment("ODS", f1="D", f3="001^心臓食 塩分６ｇ^99XY3", f4="とろみ付き")], ("OMD", "O03", "OMD_O03"))
    p.write("OMG-11", "20260705", "000000026070540", "20260705170000000",
            [p.seg_pid(), p.seg_pv1(), p.seg_orc("000000026070540", "", "202607051600"),
             segment("OBR", f2="000000026070540", f4="1000000000000000^胸部単純Ｘ線撮影^JJ1017", f7="202607051605", f25="F")], ("OMI", "Z23", "OMI_Z23"))


def diabetes(root):
    """An outpatient: visits, insulin, weekly drugs."""
    p = Patient(root, "0007315590", ("榊原", "豊"), ("サカキバラ", "ユタカ"), "19610203", "M")
    p.basic("20260801100000000", address="^^^^430-0001^JPN^H^静岡県浜松市中央区板屋町９－９", phone="^PRN^PH^^^^^^^^^053-000-0001",
            extra=[segment("PV1", f1="0001", f2="O")])
    p.visited("202605110900")
    p.visited("202608010930")
    p.diagnoses("20260801100000000",
                p.diagnosis(1, "20056785", "２型糖尿病", "E11", "20150601", phase="O", onset="201506", main=True),
                p.diagnosis(2, "20090312", "骨粗鬆症", "M819", "20240110", phase="O", insured=True))
    weekly = usage("1011000100000000", "内服・経口・１日１回起床時")
    p.prescriptions("20260801", "000000026080101", "202608010945",
                    drug(1, "111896103", "メトホルミン塩酸塩錠５００ｍｇＭＴ「三和」", each="1", daily="2", usages=(TWICE,), days="56", amount="112", start="2026080100", category=(OUTPATIENT, IN_HOUSE)),
                    drug(2, "116041302", "アレンドロン酸錠３５ｍｇ「トーワ」", each="1", usages=(weekly, usage("CW100000", "週１回")), days="8", amount="8", start="2026080200", category=(OUTPATIENT, IN_HOUSE)),
                    drug(3, "121239201", "トレシーバ注フレックスタッチ", each="12", unit="UNT^単位^MR9P", amount="2", amount_unit="KIT^キット^MR9P", usages=(usage("3011000090000000", "注射・１日１回就寝前"),), site="^腹部皮下^99XY4", start="2026080100", category=(OUTPATIENT, IN_HOUSE), route="SC^皮下^HL70162", given="24^自己注射^JHSP0003"),
                    drug(4, "101430002", "酸化マグネシウム錠３３０ｍｇ「ヨシダ」", each="1", most="2", usages=(THRICE,), days="56", amount="168", start="2026080100", category=(OUTPATIENT, IN_HOUSE), words="便の状態により適宜増減"),
                    kind="O")
    p.results("20260801", "000000026080120", "202608010900", BLOOD, obx(1, "NM", "3D046000001920402", "ＨｂＡ１ｃ（ＮＧＳＰ）", "7.20", unit="%", range_="4.9-6.0", flag="H"), kind="O")


def deceased(root):
    """A stay that ended in death, with a diagnosis that is not to be told."""
    p = Patient(root, "0009480027", ("村瀬", "隆"), ("ムラセ", "タカシ"), "19390811", "M")
    p.ward = "6N^601^1"
    p.basic("20260522090000000", died="202605210342", extra=[segment("PV1", f1="0001", f2="I")])
    p.admitted("202605101000")
    p.discharged("202605101000", "202605210342", disposition="20")
    p.diagnoses("20260521100000000",
                p.diagnosis(1, "20060812", "膵癌", "C259", "20260511", phase="L", main=True, secret=True),
                p.diagnosis(2, "20053418", "閉塞性黄疸", "K831", "20260510", phase="H"))
    p.prescriptions("20260512", "000000026051201", "202605120900",
                    drug(1, "115137401", "オキシコドン徐放錠５ｍｇ「第一三共」", each="1", daily="2", usages=(usage("1032000000000000", "内服・経口・１２時間毎"),), days="7", amount="14", start="2026051200", category=(INPATIENT,)),
                    drug(2, "112001001", "ウルソデオキシコール酸錠１００ｍｇ「トーワ」", each="2", daily="6", usages=(THRICE,), days="7", amount="42", start="2026051200", category=(INPATIENT,)),
                    drug(3, "106115201", "アンヒバ坐剤小児用２００ｍｇ", each="1", unit=PIECE, usages=(usage("2R50000000000000", "外用・肛門挿入・発熱時"),), times="6", amount="6", start="2026051200", category=(INPATIENT,), route="AP^外用^HL70162", given="22^頓服^JHSP0003"))
    p.injections("20260518", "000000026051810", "202605180900",
                 infusion([("B", "620007329", "ビーフリード輸液１０００ｍＬ", "1", BAG), ("A", "107770401", "ビタメジン静注用", "1", VIAL)], volume="1000", rate="42", start="202605181000", end="202605191000"))
    p.results("20260520", "000000026052020", "202605200700", SERUM, obx(1, "NM", "3J010000002327101", "総ビリルビン", "18.6", unit="mg/dL", range_="0.4-1.5", flag="HH"))


ALL = (pneumonia, diabetes, deceased)
